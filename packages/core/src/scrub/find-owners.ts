import type { SegmentEntry } from "../log/manifest.ts";
import { CHUNK_TABLE_BYTES } from "../store/blob-record.ts";
import { decodeEntry } from "../store/history-entry.ts";
import { keyText } from "./key-text.ts";
import type { ScrubContext } from "./scrub-context.ts";

/** Enough to see what is affected; a page of names helps nobody. */
const OWNERS_MAX = 100;
const PAGE = 1000;

/** Bytes of a segment's file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Whose bytes lie there: `blob …` and `key space 17, key …`, 100 at the most. Asks the whole index,
 * or every blob: only once something is lost. Where compaction has moved bytes inside a segment,
 * nothing is said.
 */
export async function findOwners(
  context: ScrubContext,
  entry: SegmentEntry,
  range: ByteRange,
): Promise<readonly string[]> {
  if (entry.packed !== undefined) return [];
  const from = entry.base + range.start;
  const to = entry.base + Math.min(range.end, entry.capacity);
  return entry.kind === "commit" ? keysIn(context, from, to) : blobsIn(context, from, to);
}

async function blobsIn(context: ScrubContext, from: number, to: number): Promise<string[]> {
  const owners: string[] = [];
  for await (const { id, extents } of context.blobs()) {
    const hit = extents.some(
      ({ chunk, bytes }) => chunk < to && chunk + CHUNK_TABLE_BYTES + bytes > from,
    );
    if (hit) owners.push(`blob ${id}`);
    if (owners.length === OWNERS_MAX) break;
  }
  return owners;
}

async function keysIn(context: ScrubContext, from: number, to: number): Promise<string[]> {
  const snapshot = await context.snapshot();
  if (snapshot === undefined) return [];
  const owners: string[] = [];
  try {
    let gt: Uint8Array = Buffer.from([0]);
    while (owners.length < OWNERS_MAX) {
      const entries = await snapshot.page({ gt, limit: PAGE });
      const hit = entries.map((one) => ownerIn(context, one, { start: from, end: to }));
      owners.push(...hit.filter((owner) => owner !== undefined));
      await context.pace.slice();
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) break;
      gt = last.key;
    }
  } finally {
    snapshot.close();
  }
  return owners.slice(0, OWNERS_MAX);
}

/** The key whose value lies there, or a past one of it. */
function ownerIn(
  { identity }: ScrubContext,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
  { start, end }: ByteRange,
): string | undefined {
  try {
    const { full, entry } = decodeEntry(key, value, identity);
    const { position, length } = entry.place ?? { position: 0, length: 0 };
    if (length === 0 || position >= end || position + length <= start) return undefined;
    return full.equals(key) ? keyText(full) : `${keyText(full)}, as it was at LSN ${entry.lsn}`;
  } catch {
    // The index's own verification says so.
    return undefined;
  }
}
