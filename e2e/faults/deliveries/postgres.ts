import { setTimeout as wait } from "node:timers/promises";
import { findPostgres, startPostgres, type PostgresServer } from "@refrain/storage/testing-postgres";
import { Pool } from "pg";

const RESUME_MS = 60_000;
const PAUSE_MS = 50;
/** More than its recovery and a busy moment take. */
const QUERY_MS = 60_000;

/** A PostgreSQL that is killed, and started again on the same files. */
export class Postgres {
  readonly #server: PostgresServer;
  readonly #pool: Pool;
  readonly url: string;
  readonly #killNow = () => void process.kill(this.#server.pid, "SIGKILL");
  #resuming: Promise<void> | undefined;

  private constructor(server: PostgresServer, url: string) {
    this.#server = server;
    this.url = url;
    this.#pool = new Pool({ connectionString: url, max: 2, query_timeout: QUERY_MS });
    this.#pool.on("error", () => {}); // told by the next query
    process.on("exit", this.#killNow);
  }

  /** With fsync and everything else that keeps what was committed, as in production. */
  static async start(): Promise<Postgres> {
    const programs = findPostgres();
    if (programs === undefined) throw new Error("PostgreSQL is not installed");
    const server = await startPostgres(programs, { fsync: "on", synchronous_commit: "on", full_page_writes: "on" });
    return new Postgres(server, await server.createDatabase("deliveries"));
  }

  async rows<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, [...values])).rows;
  }

  /** Rows; undefined while the server is away. */
  async rowsNow<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[] | undefined> {
    return this.rows<Row>(sql, values).catch(() => undefined); // it is down, or was killed meanwhile
  }

  /** Ends one connection of storage, as an administrator would. False: there is none. */
  terminateOne(): Promise<boolean> {
    return this.#withOne("pg_terminate_backend(pid)");
  }

  /** Kills a process that serves storage: PostgreSQL then ends all others and recovers. False: there is none. */
  async killOne(): Promise<boolean> {
    let pid = 0;
    const found = await this.#withOne("pid", (value) => (pid = Number(value)));
    if (found) process.kill(pid, "SIGKILL");
    return found;
  }

  /** Kills the server's first process, and starts it again. False: it is starting. */
  kill(): boolean {
    if (this.#resuming) return false;
    process.kill(this.#server.pid, "SIGKILL");
    this.#resuming = this.#resume().finally(() => (this.#resuming = undefined));
    return true;
  }

  async stop(): Promise<void> {
    await this.#resuming;
    await this.#pool.end();
    await this.#server.stop();
    process.off("exit", this.#killNow);
  }

  /** It does not start as long as processes of the one that was killed are left. */
  async #resume(): Promise<void> {
    const end = Date.now() + RESUME_MS;
    for (;;) {
      try {
        return await this.#server.resume();
      } catch (error) {
        if (Date.now() > end) throw error;
        await wait(PAUSE_MS);
      }
    }
  }

  async #withOne(what: string, use: (value: unknown) => void = () => {}): Promise<boolean> {
    const who = `SELECT pid FROM pg_stat_activity WHERE application_name = 'refrain-storage' ORDER BY random() LIMIT 1`;
    const [row] = (await this.rowsNow<{ value: unknown }>(`SELECT ${what} AS value FROM (${who}) one`)) ?? [];
    if (row) use(row.value);
    return row !== undefined;
  }
}
