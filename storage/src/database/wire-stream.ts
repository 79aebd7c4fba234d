import { Duplex } from "node:stream";
import type { PGlite } from "@electric-sql/pglite";

type Done = (error?: Error | null) => void;

/** What the stream needs of PGlite. */
export type WireDatabase = Pick<PGlite, "exec" | "execProtocolRaw" | "runExclusive">;

const LENGTH_BYTES = 4;
const TERMINATE = "X".charCodeAt(0);
// Messages after which a client waits for an answer: query, sync, flush, and the end or failure of a copy.
const ANSWERED = new Set(Array.from("QSHcf", (type) => type.charCodeAt(0)));

/**
 * The PostgreSQL wire protocol to a PGlite in this process, for node-postgres' `stream` option: no socket, no server.
 * PGlite is one session, so at most one of these may be open at a time: a pool over it has `max: 1`.
 */
export class WireStream extends Duplex {
  readonly #database: WireDatabase;
  #received: Buffer = Buffer.alloc(0);
  #started = false;

  constructor(database: WireDatabase) {
    super();
    this.#database = database;
  }

  /** What node-postgres calls where a socket would dial. The session may still hold what the client before left. */
  connect(): this {
    this.#database.exec("ROLLBACK; DEALLOCATE ALL; SET TIME ZONE 'UTC'").then(
      () => this.emit("connect"),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  // What node-postgres asks of a socket and memory does not need.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  // Answers are pushed as they come; node-postgres always reads.
  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#accept([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#accept(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #accept(chunks: Buffer[], done: Done): void {
    this.#received = Buffer.concat([this.#received, ...chunks]);
    const { end, terminated } = this.#answerable();
    if (terminated) {
      // The client hangs up; the database stays open for the next one.
      this.push(null);
      done();
      return;
    }
    if (end === 0) {
      done();
      return;
    }
    const messages = new Uint8Array(this.#received.subarray(0, end));
    this.#received = this.#received.subarray(end);
    this.#database
      .runExclusive(() => this.#database.execProtocolRaw(messages))
      .then(
        (answer) => {
          if (!this.destroyed) this.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
          done();
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
  }

  /** Bytes up to the end of the last complete message that wants an answer; the rest waits for more. */
  #answerable(): { end: number; terminated: boolean } {
    let position = 0;
    let end = 0;
    for (;;) {
      // Only the very first message has no type byte.
      const header = this.#started ? 1 : 0;
      if (this.#received.length < position + header + LENGTH_BYTES) break;
      const next = position + header + this.#received.readInt32BE(position + header);
      if (this.#received.length < next) break;
      const type = this.#received[position];
      if (this.#started && type === TERMINATE) return { end, terminated: true };
      if (!this.#started || (type !== undefined && ANSWERED.has(type))) end = next;
      this.#started = true;
      position = next;
    }
    return { end, terminated: false };
  }
}
