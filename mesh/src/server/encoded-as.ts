import { fromBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

/**
 * A message that is on its way out as bytes which are there already, such as a database's. The gRPC door sends them as they are:
 * nothing is decoded, and nothing encoded. Whoever reads a field, such as the JSON door, gets it: the first look decodes
 * all of them. It is not to be changed.
 *
 * @param bytes a message of this schema, serialised. They are not checked, and must not change until the answer is sent
 * @returns what a handler may return like any other message
 */
export function encodedAs<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  const message: unknown = new EncodedMessage(schema, bytes);
  return message as MessageShape<D>; // it has the fields that the schema lists
}

/** The bytes of a message that `encodedAs` made; undefined for any other. */
export function encodedBytes(message: object): Uint8Array | undefined {
  return EncodedMessage.bytesOf(message);
}

class EncodedMessage {
  readonly #schema: DescMessage;
  readonly #bytes: Uint8Array;
  #decoded: object | undefined;

  constructor(schema: DescMessage, bytes: Uint8Array) {
    this.#schema = schema;
    this.#bytes = bytes;
    // Its own and not its prototype's: protobuf takes a field that is inherited for one that is not set.
    Object.defineProperties(this, fieldsOf(schema));
  }

  static bytesOf(message: object): Uint8Array | undefined {
    return #bytes in message ? message.#bytes : undefined;
  }

  static read(message: EncodedMessage, field: string): unknown {
    message.#decoded ??= fromBinary(message.#schema, message.#bytes);
    return Reflect.get(message.#decoded, field);
  }
}

const known = new WeakMap<DescMessage, PropertyDescriptorMap>();

function fieldsOf(schema: DescMessage): PropertyDescriptorMap {
  const made = known.get(schema);
  if (made) return made;
  const fields: PropertyDescriptorMap = { $typeName: { value: schema.typeName, enumerable: true } };
  for (const name of ["$unknown", ...schema.members.map(({ localName }) => localName)]) {
    fields[name] = {
      enumerable: true,
      get(this: EncodedMessage) {
        return EncodedMessage.read(this, name);
      },
    };
  }
  known.set(schema, fields);
  return fields;
}
