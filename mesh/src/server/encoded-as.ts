import { fromBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

/**
 * A message that is on its way out as bytes which are there already, such as a database's. The gRPC door sends them as they are:
 * nothing is decoded, and nothing encoded. Whoever reads a field, such as the JSON door, gets it: the first look decodes
 * all of them. It cannot be changed.
 *
 * @param bytes a message of this schema, serialised. They are not checked, and must not change until the answer is sent
 * @returns what a handler may return like any other message
 */
export function encodedAs<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  const message: unknown = new Proxy(new Encoded(schema, bytes), AS_MESSAGE);
  return message as MessageShape<D>; // whoever looks at it finds the decoded one
}

/** The bytes of a message that `encodedAs` made; undefined for any other. */
export function encodedBytes(message: object): Uint8Array | undefined {
  const { [BYTES]: bytes }: { readonly [BYTES]?: Uint8Array } = message;
  return bytes;
}

const BYTES = Symbol("bytes");

class Encoded {
  readonly schema: DescMessage;
  readonly bytes: Uint8Array;
  #decoded: object | undefined;

  constructor(schema: DescMessage, bytes: Uint8Array) {
    this.schema = schema;
    this.bytes = bytes;
  }

  get decoded(): object {
    return (this.#decoded ??= fromBinary(this.schema, this.bytes));
  }
}

/** What every answer is asked on its way to the gRPC door needs no decoding: its bytes, its type, and whether it is a promise. */
const AS_MESSAGE: ProxyHandler<Encoded> = {
  get(encoded, name) {
    if (name === BYTES) return encoded.bytes;
    if (name === "$typeName") return encoded.schema.typeName;
    return name === "then" ? undefined : Reflect.get(encoded.decoded, name);
  },
  has: (encoded, name) => name === "$typeName" || Reflect.has(encoded.decoded, name),
  ownKeys: (encoded) => Reflect.ownKeys(encoded.decoded),
  getOwnPropertyDescriptor: (encoded, name) => Reflect.getOwnPropertyDescriptor(encoded.decoded, name),
  getPrototypeOf: (encoded) => Reflect.getPrototypeOf(encoded.decoded),
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
};
