import type { NumberForm, PlainItem, PlainValue } from "../client/plain-values.ts";
import { fromAttributes, toNumber } from "../client/plain-values.ts";
import { setAttribute } from "../value/attribute-value.ts";
import type { AttributeMap } from "../value/attribute-value.ts";

/**
 * Longer texts are parsed as JSON: strings that are cut out of a text keep all of it in memory, and
 * the caller may keep one of them.
 */
const CUT_CHARACTERS_MAX = 4096;

const QUOTE = 34;
const CLOSED = 125;
/** Behind these stands what follows a string's closing quote. */
const LETTER_S = 83;
const LETTER_N = 78;

/**
 * A stored item's text to plain values, without attribute values in between. Strings are cut out of
 * the text, which is right while nothing in it is escaped; what is not a string or a number goes
 * through JSON.parse.
 */
export function decodeItem(text: string, numbers: NumberForm): PlainItem {
  const cut = text.length <= CUT_CHARACTERS_MAX && !text.includes("\\");
  return (cut ? cutScalars(text, numbers) : undefined) ?? parsed(text, numbers);
}

function parsed(text: string, numbers: NumberForm): PlainItem {
  return fromAttributes(JSON.parse(text) as AttributeMap, numbers);
}

/** `undefined` when there is anything but strings and numbers in it. */
function cutScalars(text: string, numbers: NumberForm): PlainItem | undefined {
  const out: Record<string, PlainValue> = {};
  // {"name":{"S":"content"},"name":{"N":"1"}}
  let at = 1;
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = text.indexOf('"', at + 1);
    const type = text.charCodeAt(nameEnd + 4);
    if (text.charCodeAt(nameEnd + 7) !== QUOTE) return undefined;
    const start = nameEnd + 8;
    const end = text.indexOf('"', start);
    const content = text.slice(start, end);
    const value = scalar(type, content, numbers);
    if (value === undefined) return undefined;
    setAttribute(out, text.slice(at + 1, nameEnd), value);
    at = end + 3;
    if (text.charCodeAt(at - 1) === CLOSED) return out;
  }
  return undefined;
}

function scalar(type: number, content: string, numbers: NumberForm): PlainValue | undefined {
  if (type === LETTER_S) return content;
  return type === LETTER_N ? toNumber(content, numbers) : undefined;
}
