import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextKey,
  createContextValues,
  type ContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { Metadata, ServerUnaryCall } from "@grpc/grpc-js";
import { toHeaders, toMetadata } from "../metadata.js";

/** What every kind of grpc-js call has. */
export interface AnyCall extends Pick<ServerUnaryCall<Buffer, Buffer>, "getDeadline" | "metadata"> {
  once(event: "cancelled", listener: () => void): unknown;
}

/** Shared reasons: a bare abort() would build a DOMException for every call. */
const FINISHED = new ConnectError("the call is finished", Code.Canceled);
const HUNG_UP = new ConnectError("the caller hung up", Code.Canceled);
const EXPIRED = new ConnectError("the deadline has passed", Code.DeadlineExceeded);

/**
 * Connect's view of a grpc-js call. Signal and headers are built when somebody asks for them: an echo needs neither, and an
 * AbortController alone costs more than the rest of this object.
 */
export class GrpcContext implements HandlerContext {
  readonly method: DescMethod;
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly values: ContextValues = createContextValues();
  readonly #metadata: Metadata;
  readonly #deadline: number;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended: { reason: unknown } | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  /** @param maxMs time for a call that comes without a deadline, or with a later one; absent: no limit */
  constructor(call: AnyCall, method: DescMethod, maxMs = Infinity) {
    this.method = method;
    this.#metadata = call.metadata;
    this.#deadline = Math.min(Number(call.getDeadline()), Date.now() + maxMs);
    call.once("cancelled", () => this.abort(HUNG_UP));
  }

  get service() {
    return this.method.parent;
  }

  get url(): string {
    return `http://grpc/${this.service.typeName}/${this.method.name}`;
  }

  readonly timeoutMs = (): number | undefined => (this.#deadline === Infinity ? undefined : this.#deadline - Date.now());

  /** Fires on the deadline, when the caller hangs up, when the server stops, and at the end of the call. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    else if (this.#deadline !== Infinity) this.#timer = setTimeout(() => this.abort(EXPIRED), this.#deadline - Date.now());
    return this.#controller.signal;
  }

  get requestHeader(): Headers {
    return (this.#requestHeader ??= toHeaders(this.#metadata));
  }

  get responseHeader(): Headers {
    return (this.#responseHeader ??= new Headers());
  }

  get responseTrailer(): Headers {
    return (this.#responseTrailer ??= new Headers());
  }

  /** One header of the request, without building all of them; null when it is not there. */
  header(name: string): string | null {
    if (this.#requestHeader) return this.#requestHeader.get(name);
    const [value] = this.#metadata.get(name);
    return value?.toString() ?? null;
  }

  /** Headers and trailers that were set, for the wire. */
  get headerMetadata(): Metadata | undefined {
    return this.#responseHeader && toMetadata(this.#responseHeader);
  }

  get trailerMetadata(): Metadata | undefined {
    return this.#responseTrailer && toMetadata(this.#responseTrailer);
  }

  /** The same with everything built, for Connect's stream handling, which copies it property by property. */
  materialised(): HandlerContext {
    const { method, service, url, protocolName, requestMethod, values, timeoutMs } = this;
    const { signal, requestHeader, responseHeader, responseTrailer } = this;
    const headers = { requestHeader, responseHeader, responseTrailer };
    return { method, service, url, protocolName, requestMethod, values, timeoutMs, signal, ...headers };
  }

  /** Ends the call, once: default, because it is finished. */
  abort(reason: unknown = FINISHED): void {
    if (this.#ended) return;
    this.#ended = { reason };
    clearTimeout(this.#timer);
    this.#controller?.abort(reason);
  }
}

/** The context that a request was made from, for interceptors, which are set up once per method and see only requests. */
export const grpcContextKey = createContextKey<GrpcContext | undefined>(undefined, { description: "gRPC context" });
