import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { decode, encode, type Packet } from "dns-packet";

const AUTHORITATIVE = 1 << 10;
const NAME_ERROR = 3;

/** A DNS server whose answers change while it runs. It knows IPv4 addresses, to be kept for no time. */
export class DnsServer {
  readonly #socket: Socket;
  readonly #addresses = new Map<string, readonly string[]>();
  #asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (message, from) => this.#answer(message, from));
  }

  static async open(): Promise<DnsServer> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DnsServer(socket);
  }

  /** `host:port`. */
  get address(): string {
    const { address, port } = this.#socket.address();
    return `${address}:${port}`;
  }

  /** Questions for IPv4 addresses so far. */
  get asked(): number {
    return this.#asked;
  }

  /** What a name stands for from now on. */
  set(name: string, addresses: readonly string[]): void {
    this.#addresses.set(name, addresses);
  }

  close(): void {
    this.#socket.close();
  }

  #answer(message: Buffer, { address, port }: RemoteInfo): void {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    if (question?.type === "A") this.#asked += 1;
    const known = this.#addresses.get(question?.name.toLowerCase() ?? "");
    const packet: Packet = {
      type: "response",
      id: id ?? 0,
      flags: AUTHORITATIVE | (known ? 0 : NAME_ERROR),
      questions,
      answers:
        question?.type === "A" ? (known ?? []).map((data) => ({ type: "A", name: question.name, ttl: 0, data }) as const) : [],
    };
    this.#socket.send(encode(packet), port, address);
  }
}
