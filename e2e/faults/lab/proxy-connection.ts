import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** What happens to a connection. Bytes are those from the server to the caller, counted from the moment it begins to behave so. */
export type Behaviour =
  | { readonly kind: "pass" }
  /** Everything comes later. */
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** It ends for both sides, with a reset. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** It stays open, but nothing passes any more, in either direction. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** The server's bytes vanish; it still hears the caller. */
  | { readonly kind: "half-open"; readonly afterBytes: number };

/** How often a slow connection lets something through. */
const TICK_MS = 50;

/** One connection through the proxy. */
export class ProxyConnection {
  readonly #caller: Socket;
  readonly #server: Socket;
  #behaviour: Behaviour;
  /** Bytes to the caller since it behaves so. */
  #passed = 0;
  readonly #changes = new EventEmitter();

  /** @param target `host:port` */
  constructor(caller: Socket, target: string, behaviour: Behaviour) {
    this.#caller = caller;
    this.#behaviour = behaviour;
    const colon = target.lastIndexOf(":");
    this.#server = connect({
      host: target.slice(0, colon),
      port: Number(target.slice(colon + 1)),
      allowHalfOpen: true,
      noDelay: true,
    });
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
    this.#passed = 0;
    if (behaviour.kind === "cut" && behaviour.afterBytes === 0) this.#reset();
    else this.#changes.emit("change");
  }

  /** Resolves when the connection has ended, in whatever way. */
  async run(): Promise<void> {
    for (const socket of [this.#caller, this.#server]) {
      socket.on("error", () => this.#reset()); // either side has gone: so does the other
    }
    // Whoever is gone in the middle of a read has ended the connection: that is what a proxy is for.
    await Promise.all([this.#toServer(), this.#toCaller()]).catch(() => this.#reset());
  }

  async #toServer(): Promise<void> {
    for await (const chunk of chunks(this.#caller)) {
      while (this.#isStalled()) await once(this.#changes, "change");
      await write(this.#server, chunk);
    }
    this.#server.end();
  }

  async #toCaller(): Promise<void> {
    for await (const chunk of chunks(this.#server)) {
      for (let rest = chunk; rest.length > 0; ) rest = await this.#step(rest);
    }
    while (this.#isStalled()) await once(this.#changes, "change");
    this.#caller.end();
  }

  /** Lets some bytes through, and returns those that are still to come. */
  async #step(bytes: Buffer): Promise<Buffer> {
    const behaviour = this.#behaviour;
    switch (behaviour.kind) {
      case "pass":
        return this.#give(bytes, bytes.length);
      case "delay":
        await wait(behaviour.ms);
        return this.#give(bytes, bytes.length);
      case "slow":
        await wait(TICK_MS);
        return this.#give(bytes, Math.max(1, (behaviour.bytesPerSecond * TICK_MS) / 1000));
      case "cut":
      case "stall":
      case "half-open": {
        const left = behaviour.afterBytes - this.#passed;
        return left > 0 ? this.#give(bytes, left) : this.#withhold(behaviour.kind, bytes);
      }
    }
  }

  async #withhold(kind: "cut" | "stall" | "half-open", bytes: Buffer): Promise<Buffer> {
    if (kind === "half-open") return bytes.subarray(bytes.length);
    if (kind === "cut") {
      this.#reset();
      return bytes.subarray(bytes.length);
    }
    await once(this.#changes, "change");
    return bytes;
  }

  async #give(bytes: Buffer, count: number): Promise<Buffer> {
    const given = bytes.subarray(0, Math.floor(count));
    this.#passed += given.length;
    await write(this.#caller, given);
    return bytes.subarray(given.length);
  }

  #isStalled(): boolean {
    return this.#behaviour.kind === "stall" && this.#passed >= this.#behaviour.afterBytes;
  }

  #reset(): void {
    this.#behaviour = { kind: "pass" };
    for (const socket of [this.#caller, this.#server]) if (!socket.destroyed) socket.resetAndDestroy();
    this.#changes.emit("change");
  }
}

/** What a socket receives. Its end leaves the other direction open. */
function chunks(socket: Socket): AsyncIterable<Buffer> {
  return socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>; // a socket without an encoding gives buffers
}

/** Resolves when there is room for more. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || socket.write(bytes)) return;
  if (socket.destroyed) throw new Error("nobody is there any more");
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}
