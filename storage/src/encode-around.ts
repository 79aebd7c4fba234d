import { create, toBinary, type DescField, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * Serialises a message around what is serialised already, such as the tracks of rows: decoding them to encode them again is
 * most of what a page costs.
 *
 * @param field of the message, itself a message; repeated, when there are several values
 * @param values of the field, serialised
 * @param rest all other fields
 */
export function encodeAround<D extends DescMessage>(
  schema: D,
  field: DescField,
  values: readonly Uint8Array[],
  rest: MessageInitShape<D>,
): Uint8Array {
  const writer = new BinaryWriter();
  for (const value of values) writer.tag(field.number, WireType.LengthDelimited).bytes(value);
  return writer.raw(toBinary(schema, create(schema, rest))).finish();
}
