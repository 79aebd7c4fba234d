import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** A span as it came over the wire; only what tests look at. */
export interface ReceivedSpan {
  /** `service.name` of the process that made it. */
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it began the trace. */
  readonly parentId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Reads one field of a message; fields that it does not read are skipped. */
type ReadField = (field: number, reader: BinaryReader) => boolean;

/** A collector for traces, as OTLP over HTTP with protobuf speaks to it. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** All that came, to be searched for what must not be there. */
  readonly bodies: Buffer[] = [];
  readonly #server = createServer((request, response) => void this.#receive(request, response));

  /** Listens on a free port. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Goes away, and breaks what is open: the way a collector dies. */
  die(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    this.bodies.push(body);
    this.spans.push(...readExport(body));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  }
}

/** Walks over the fields of one message, by the numbers in opentelemetry/proto. */
function walk(data: Uint8Array, read: ReadField): void {
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!read(field, reader)) reader.skip(type, field); // a field that no test looks at: its bytes are stepped over
  }
}

/** ExportTraceServiceRequest: resource_spans. */
function readExport(data: Uint8Array): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  walk(data, (field, reader) => field === 1 && spans.push(...readResourceSpans(reader.bytes())) >= 0);
  return spans;
}

function readResourceSpans(data: Uint8Array): ReceivedSpan[] {
  let service = "";
  const scopes: Uint8Array[] = [];
  walk(data, (field, reader) => {
    if (field === 1) service = String(readAttributes(reader.bytes(), 1)["service.name"]);
    else if (field === 2) scopes.push(reader.bytes());
    else return false;
    return true;
  });
  const spans: ReceivedSpan[] = [];
  for (const scope of scopes) {
    walk(scope, (field, reader) => field === 2 && spans.push(readSpan(reader.bytes(), service)) > 0);
  }
  return spans;
}

function readSpan(data: Uint8Array, service: string): ReceivedSpan {
  const ids: Record<number, string> = {};
  let name = "";
  walk(data, (field, reader) => {
    if (field === 1 || field === 2 || field === 4) ids[field] = Buffer.from(reader.bytes()).toString("hex");
    else if (field === 5) name = reader.string();
    else return false;
    return true;
  });
  const attributes = readAttributes(data, 9);
  return { service, name, traceId: ids[1] ?? "", spanId: ids[2] ?? "", parentId: ids[4] ?? "", attributes };
}

/** Repeated KeyValue; of the values only texts and whole numbers. */
function readAttributes(data: Uint8Array, number: number): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  walk(data, (field, reader) => {
    if (field !== number) return false;
    const [key, value] = readKeyValue(reader.bytes());
    attributes[key] = value;
    return true;
  });
  return attributes;
}

function readKeyValue(data: Uint8Array): [key: string, value: string | number] {
  let key = "";
  let value: string | number = "";
  walk(data, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = readAnyValue(reader.bytes());
    else return false;
    return true;
  });
  return [key, value];
}

function readAnyValue(data: Uint8Array): string | number {
  let value: string | number = "";
  walk(data, (field, reader) => {
    if (field === 1) value = reader.string();
    else if (field === 3) value = Number(reader.int64());
    else return false;
    return true;
  });
  return value;
}
