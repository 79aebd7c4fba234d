// What a google.protobuf.Timestamp may name: the years 1 to 9999.
export const FIRST_MS = -62_135_596_800_000;
export const LAST_MS = 253_402_300_799_999;
