import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { type Behaviour, ProxyConnection } from "./proxy-connection.js";

export interface ProxyOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** `host:port` of the server behind it. Asked at every connection, so that a server may move. */
  readonly target: () => string;
}

/** A TCP proxy that does to connections what a script says. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #open = new Set<ProxyConnection>();
  #script: Behaviour[] = [];
  #behaviour: Behaviour = { kind: "pass" };
  #server: Server | undefined;
  #address: AddressInfo | undefined;
  #accepted = 0;

  private constructor(options: ProxyOptions) {
    this.#options = options;
  }

  static async open(options: ProxyOptions): Promise<Proxy> {
    const proxy = new Proxy(options);
    await proxy.accept();
    return proxy;
  }

  /** `host:port` for callers. It stays while connections are refused. */
  get address(): string {
    if (!this.#address) throw new Error("the proxy has never listened");
    return `${this.#address.address}:${this.#address.port}`;
  }

  /** Connections since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Everything behaves so from now on: open connections and later ones. What was left of a script is dropped. */
  behave(behaviour: Behaviour): void {
    this.#script = [];
    this.#behaviour = behaviour;
    for (const connection of this.#open) connection.behave(behaviour);
  }

  /** The next connections behave so, one after another; those after them like all. */
  next(...script: Behaviour[]): void {
    this.#script.push(...script);
  }

  /** Cuts what is open. Later connections are served. */
  cut(): void {
    for (const connection of this.#open) connection.behave({ kind: "cut", afterBytes: 0 });
  }

  /** Nobody listens any more: callers get a refusal. Open connections go on. */
  refuse(): void {
    // It stops listening at once; only its last event waits for the open connections.
    this.#server?.close();
    this.#server = undefined;
  }

  /** Listens again, on the same port. */
  async accept(): Promise<void> {
    const { host = "127.0.0.1", port = 0 } = this.#options;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => this.#connect(caller));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#address?.port ?? port, host, resolve);
    });
    this.#server = server;
    this.#address = server.address() as AddressInfo; // a TCP server that listens has one
  }

  close(): void {
    this.refuse();
    this.cut();
  }

  #connect(caller: Socket): void {
    this.#accepted += 1;
    const connection = new ProxyConnection(caller, this.#options.target(), this.#script.shift() ?? this.#behaviour);
    this.#open.add(connection);
    void connection.run().then(() => this.#open.delete(connection));
  }
}
