import type { PlainItem, PlainValue } from "../client/plain-values.ts";
import { ITEM_BYTES_MAX, NESTING_MAX } from "../constants.ts";
import { stringBytes } from "../value/check-value.ts";
import { Decimal, canonicalNumber, integerBytes, numberBytes } from "../value/decimal.ts";
import { StoredItem } from "../engine/stored-item.ts";

/** Text that stands between quotes as it is, with a byte for each character. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

/**
 * Plain JavaScript values to what lies in the store, in one pass: the same text, and the same size,
 * that `toAttributes`, `checkItem` and `StoredItem.encode` give one after the other. Whatever is
 * rare (sets, maps of class Map) or wrong is left to them, who know all forms and all errors.
 */
export class ItemEncoder {
  #bytes = 0;

  /** `undefined` for an item that is not encoded here. */
  encode(item: PlainItem): StoredItem | undefined {
    this.#bytes = 0;
    try {
      const text = this.#members(item, 0, 0);
      if (text === undefined || this.#bytes > ITEM_BYTES_MAX) return undefined;
      return StoredItem.ofText(text, this.#bytes);
    } catch {
      // A number out of range, a lone surrogate: refused in DynamoDB's words elsewhere.
      return undefined;
    }
  }

  /** `each`: what a member counts beside its name and value. */
  #members(item: PlainItem, depth: number, each: number): string | undefined {
    let text = "{";
    for (const name of Object.keys(item)) {
      const value = item[name];
      if (value === undefined) continue;
      const encoded = this.#value(value, depth);
      if (encoded === undefined) return undefined;
      this.#bytes += each;
      text += (text === "{" ? "" : ",") + this.#name(name) + encoded;
    }
    return text + "}";
  }

  #name(name: string): string {
    if (PLAIN_TEXT.test(name)) {
      this.#bytes += name.length;
      return `"${name}":`;
    }
    this.#bytes += Buffer.byteLength(name);
    return `${JSON.stringify(name)}:`;
  }

  #value(value: PlainValue, depth: number): string | undefined {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        if (Number.isSafeInteger(value)) return this.#integer(String(value));
        return this.#number(canonicalNumber(String(value)));
      case "bigint":
        return this.#number(canonicalNumber(String(value)));
      case "boolean":
        this.#bytes++;
        return value ? '{"BOOL":true}' : '{"BOOL":false}';
      default:
        return this.#object(value, depth + 1);
    }
  }

  #string(value: string): string {
    if (PLAIN_TEXT.test(value)) {
      this.#bytes += value.length;
      return `{"S":"${value}"}`;
    }
    this.#bytes += stringBytes(value);
    return `{"S":${JSON.stringify(value)}}`;
  }

  #integer(text: string): string {
    this.#bytes += integerBytes(text);
    return `{"N":"${text}"}`;
  }

  /** In canonical form. */
  #number(text: string): string {
    this.#bytes += numberBytes(text);
    return `{"N":"${text}"}`;
  }

  #object(value: PlainValue, depth: number): string | undefined {
    if (typeof value !== "object") return undefined;
    if (value === null) {
      this.#bytes++;
      return '{"NULL":true}';
    }
    if (value instanceof Decimal) return this.#number(value.toString());
    if (value instanceof Uint8Array) {
      this.#bytes += value.length;
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return `{"B":"${bytes.toString("base64")}"}`;
    }
    if (depth > NESTING_MAX) return undefined;
    this.#bytes += 3;
    if (Array.isArray(value)) return this.#list(value as readonly PlainValue[], depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    const members = this.#members(value as PlainItem, depth, 1);
    return members === undefined ? undefined : `{"M":${members}}`;
  }

  #list(values: readonly PlainValue[], depth: number): string | undefined {
    let text = '{"L":[';
    for (let i = 0; i < values.length; i++) {
      const encoded = this.#value(values[i] as PlainValue, depth);
      if (encoded === undefined) return undefined;
      this.#bytes++;
      text += i === 0 ? encoded : `,${encoded}`;
    }
    return text + "]}";
  }
}
