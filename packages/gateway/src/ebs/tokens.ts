/*
 * Tokens that say "this server listed it": for a block of a snapshot, and for the next page of a
 * list. Nothing is kept of them. Each carries the time it ends and a check keyed by the store's
 * secret, so that a made-up or altered one is told. A list of 10,000 blocks needs as many: its
 * key is derived once, and a block's check is then one AES block of its index.
 */
import { createCipheriv, createHmac, timingSafeEqual } from "node:crypto";

const HEAD_BYTES = 16;
const CHECK_BYTES = 16;

export interface TokenList {
  readonly snapshotId: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresMs: number;
  /** 8 random bytes: each list gives tokens of its own, as the service's do. */
  readonly salt: Uint8Array;
}

/** Hands out the tokens of one list's blocks. */
export function blockTokens(secret: Uint8Array, list: TokenList): (blockIndex: number) => string {
  const { snapshotId, expiresMs } = list;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeDoubleLE(expiresMs, 0);
  head.set(list.salt, 8);
  const check = blockCheck(secret, snapshotId, head);
  return (blockIndex) => Buffer.concat([head, check(blockIndex)]).toString("base64");
}

/** Whether a token was given out for the block and holds still. */
export function isBlockToken(
  token: string,
  secret: Uint8Array,
  of: { readonly snapshotId: string; readonly blockIndex: number; readonly nowMs: number },
): boolean {
  const bytes = bytesOf(token);
  if (bytes === undefined || bytes.readDoubleLE(0) < of.nowMs) return false;
  const check = blockCheck(secret, of.snapshotId, bytes.subarray(0, HEAD_BYTES));
  return timingSafeEqual(check(of.blockIndex), bytes.subarray(HEAD_BYTES));
}

/** The token of the page that begins at a block; `list` names what is listed. */
export function pageToken(
  secret: Uint8Array,
  { list, from, expiresMs }: { list: string; from: number; expiresMs: number },
): string {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeDoubleLE(expiresMs, 0);
  head.writeDoubleLE(from, 8);
  return Buffer.concat([head, pageCheck(secret, list, head)]).toString("base64");
}

/** The block that a page begins at; `undefined` when the token is no such one, or has ended. */
export function pageStart(
  token: string,
  secret: Uint8Array,
  of: { readonly list: string; readonly nowMs: number },
): number | undefined {
  const bytes = bytesOf(token);
  if (bytes === undefined || bytes.readDoubleLE(0) < of.nowMs) return undefined;
  const head = bytes.subarray(0, HEAD_BYTES);
  const check = pageCheck(secret, of.list, head);
  return timingSafeEqual(check, bytes.subarray(HEAD_BYTES)) ? head.readDoubleLE(8) : undefined;
}

function blockCheck(
  secret: Uint8Array,
  snapshotId: string,
  head: Uint8Array,
): (blockIndex: number) => Buffer {
  const key = createHmac("sha256", secret).update(`block\0${snapshotId}\0`).update(head).digest();
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return (blockIndex) => {
    const block = Buffer.alloc(CHECK_BYTES);
    block.writeUInt32LE(blockIndex, 0);
    return cipher.update(block);
  };
}

function pageCheck(secret: Uint8Array, list: string, head: Uint8Array): Buffer {
  const hmac = createHmac("sha256", secret).update(`page\0${list}\0`).update(head);
  return hmac.digest().subarray(0, CHECK_BYTES);
}

function bytesOf(token: string): Buffer | undefined {
  const bytes = Buffer.from(token, "base64");
  const whole = bytes.length === HEAD_BYTES + CHECK_BYTES && bytes.toString("base64") === token;
  return whole ? bytes : undefined;
}
