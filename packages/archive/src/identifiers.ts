import type { Random } from "@firn/core";

/** The characters of AWS's ids (base64url) in ASCII order, so that text order is number order. */
const ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/** 48 bits of milliseconds: enough until the year 10889. */
const TIME_CHARS = 8;
/** Ids begin with a letter: command lines take one that begins with "-" for an option. */
const FIRST = "A";

/**
 * Ids begin with the time they were made, in an order-preserving spelling: archives lie in the
 * order of their creation, so an inventory of a date range is one range of keys, and jobs list in
 * the order of their start, with no second index. The rest is random.
 */
export function timeOrderedId(timeMs: number, tail: string): string {
  return timePrefix(timeMs) + tail;
}

/** The random rest of an id that is `chars` long in all. Draw it before the transaction. */
export function drawIdTail(random: Random, chars: number): string {
  return drawText(random, chars - TIME_CHARS - FIRST.length);
}

/** An id of `chars` characters, random but for the first one. */
export function drawId(random: Random, chars: number): string {
  return FIRST + drawText(random, chars - FIRST.length);
}

/** 6 random bits a character. */
function drawText(random: Random, chars: number): string {
  let text = "";
  for (const byte of random.bytes(chars)) text += ALPHABET[byte & 63];
  return text;
}

/** What every id made at `timeMs` begins with, and no earlier one reaches. */
export function timePrefix(timeMs: number): string {
  let rest = Math.max(0, Math.floor(timeMs));
  let text = "";
  for (let i = 0; i < TIME_CHARS; i++) {
    text = ALPHABET[rest % 64]! + text;
    rest = Math.floor(rest / 64);
  }
  return FIRST + text;
}

/** Whether text can be one of our ids: anything else names nothing. */
export function isIdText(text: string, chars: number): boolean {
  return text.length === chars && /^[\w-]+$/.test(text);
}
