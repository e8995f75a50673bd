import type { Random } from "@firn/core";
import {
  ACCESS_KEY_ID_BYTES,
  CANONICAL_ID_BYTES,
  SECRET_BYTES,
  USER_ID_BYTES,
} from "./constants.ts";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** AKIA and 16 characters: 80 random bits. */
export function drawAccessKeyId(random: Random): string {
  return `AKIA${inBase32(random.bytes(ACCESS_KEY_ID_BYTES), 16)}`;
}

/** 40 characters of base 64: 240 random bits. */
export function drawSecret(random: Random): string {
  return Buffer.from(random.bytes(SECRET_BYTES)).toString("base64");
}

/** AIDA and 17 characters. */
export function drawUserId(random: Random): string {
  return `AIDA${inBase32(random.bytes(USER_ID_BYTES), 17)}`;
}

/** 64 hex digits. */
export function drawCanonicalId(random: Random): string {
  return Buffer.from(random.bytes(CANONICAL_ID_BYTES)).toString("hex");
}

/** 12 digits, the first not 0: those are for accounts that people number themselves. */
export function drawAccountId(random: Random): string {
  const number = Buffer.from(random.bytes(6)).readUIntBE(0, 6) % 900_000_000_000;
  return String(100_000_000_000 + number);
}

function inBase32(bytes: Uint8Array, length: number): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < length; i++) {
    text += base32[Number(bits & 31n)];
    bits >>= 5n;
  }
  return text;
}
