/** Longer keys are cut: they are named, not restored from this. */
const SHOWN_BYTES = 80;

/** A key of the index in words: its key space, and what of it can be read. */
export function keyText(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  const own = bytes.subarray(4, 4 + SHOWN_BYTES);
  const shown = /^[\x20-\x7e]+$/.test(own.toString("latin1"))
    ? JSON.stringify(own.toString("latin1"))
    : own.toString("hex");
  const more = bytes.length > 4 + SHOWN_BYTES ? "…" : "";
  return `key space ${bytes.readUInt32BE(0)}, key ${shown}${more}`;
}
