import { Packr } from "msgpackr";

/** No shared structures: each value decodes alone, in whatever process and year. */
const packr: Packr = new Packr({ useRecords: false, moreTypes: false, int64AsType: "number" });

/** Metadata as MessagePack: plain objects, arrays, strings, numbers, booleans, bytes. */
export function packValue(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** What `packValue` packed. The caller names the type that it packed. */
export function unpackValue<T>(bytes: Uint8Array): T {
  return packr.unpack(bytes) as T;
}
