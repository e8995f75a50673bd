import { ITEM_BYTES_MAX } from "../constants.ts";
import { tableError } from "../errors.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { parseItem } from "../value/attribute-value.ts";

/*
 * An item in the store: what an answer needs is there without any decoding.
 *
 *   byte 0      format, 1
 *   bytes 1-3   size of the item as DynamoDB counts it, big-endian
 *   the rest    the item as the API's JSON, UTF-8
 */

const FORMAT = 1;
const HEADER_BYTES = 4;

/** An item with its size, as text and (when asked for) as attributes. */
export class StoredItem {
  /** Size in the bytes that DynamoDB counts, names included. */
  readonly bytes: number;
  /** What lies in the store. */
  readonly value: Uint8Array;

  private constructor(bytes: number, value: Uint8Array) {
    this.bytes = bytes;
    this.value = value;
  }

  /** JSON, UTF-8: ready to be sent. Not to be modified. */
  get text(): Uint8Array {
    return this.value.subarray(HEADER_BYTES);
  }

  /** @throws FIRN_TABLE_ITEM_DAMAGED when the value is not in this format. */
  static decode(value: Uint8Array): StoredItem {
    if (value[0] !== FORMAT || value.length <= HEADER_BYTES) throw damaged();
    // By index: taking an array apart goes through its iterator.
    const high = (value[1] as number) << 16;
    const bytes = high | ((value[2] as number) << 8) | (value[3] as number);
    return new StoredItem(bytes, value);
  }

  /** `bytes` is the size that checking the item gave, at most 400 KiB. */
  static encode(item: AttributeMap, bytes: number): StoredItem {
    return StoredItem.ofText(JSON.stringify(item), bytes);
  }

  /** As `encode`, of the item's JSON. */
  static ofText(text: string, bytes: number): StoredItem {
    if (bytes > ITEM_BYTES_MAX) throw new RangeError(`an item of ${bytes} bytes`);
    const length = Buffer.byteLength(text);
    const value = Buffer.allocUnsafe(HEADER_BYTES + length);
    value[0] = FORMAT;
    value[1] = bytes >> 16;
    value[2] = bytes >> 8;
    value[3] = bytes;
    // ASCII, as most is, is copied as it lies.
    value.write(text, HEADER_BYTES, length === text.length ? "latin1" : "utf8");
    return new StoredItem(bytes, value);
  }

  /** The item's JSON as text. @throws FIRN_TABLE_ITEM_DAMAGED, as `decode`. */
  static textOf(value: Uint8Array): string {
    if (value[0] !== FORMAT || value.length <= HEADER_BYTES) throw damaged();
    return Buffer.prototype.utf8Slice.call(value, HEADER_BYTES, value.length);
  }

  /** Parsed anew with each call: the caller may change it. */
  attributes(): AttributeMap {
    return parseItem(this.text);
  }
}

function damaged(): Error {
  return tableError("FIRN_TABLE_ITEM_DAMAGED", "a stored item is not in a known format");
}
