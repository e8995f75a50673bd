/**
 * What one backup holds: which bytes of which segments, under which names, and what of the store's
 * manifest it takes to open them. A line with a checksum, then JSON, as the store's own manifest.
 */
import { coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import type { ManifestState, SegmentEntry } from "../log/manifest.ts";
import type { Lsn } from "../store-api.ts";
import type { BackupTarget } from "./backup-target.ts";

const MAGIC = "FIRN-BACKUP";
/** What a file begins with that only a key opens. */
export const SEAL_MAGIC = "FIRN-SEALED";
const FORMAT_VERSION = 1;
const FOLDER = "backups/";
/** Far above any: 100,000 segments are 20 MB. */
const MANIFEST_BYTES_MAX: number = 256 * 1024 * 1024;

/** Of a store's manifest, what a copy of it keeps: all but what is said of its files. */
export interface SavedStore extends Omit<ManifestState, "segments" | "generation" | "indexName"> {
  /** What its checksums are seeded with: its own id, or that of the store it was restored from. */
  readonly checksumId: string;
}

export interface SavedSegment {
  /** As the copy's manifest will name it: sealed. */
  readonly entry: SegmentEntry;
  readonly file: string;
  readonly bytes: number;
  /** 16 hex digits; check-stream.ts says of what. */
  readonly check: string;
}

export interface BackupManifest {
  /** Counts the backups in one place, from 1. */
  readonly number: number;
  readonly store: SavedStore;
  /** Everything up to this LSN is in the backup, and possibly a little more. */
  readonly lsn: Lsn;
  /** The store's time when it was begun, in milliseconds since 1970 UTC. */
  readonly takenAtMs: number;
  readonly segments: readonly SavedSegment[];
}

export function manifestName(number: number): string {
  return `${FOLDER}${String(number).padStart(10, "0")}`;
}

/** Numbers of the backups that are complete, oldest first. */
export async function backupNumbers(target: BackupTarget): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { name } of target.list(FOLDER)) {
    const [, digits] = /^backups\/(\d{10})$/.exec(name) ?? [];
    if (digits !== undefined) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}

export function encodeManifest(manifest: BackupManifest, hasher: Hasher): Buffer {
  const body = Buffer.from(`${JSON.stringify(manifest)}\n`);
  const check = hasher.hash(body, 0n).toString(16).padStart(16, "0");
  return Buffer.concat([Buffer.from(`${MAGIC} ${FORMAT_VERSION} ${check}\n`), body]);
}

/** @throws FIRN_BACKUP_DAMAGED, FIRN_STORE_NEWER. */
export async function readManifest(
  target: BackupTarget,
  number: number,
  hasher: Hasher,
): Promise<BackupManifest> {
  const name = manifestName(number);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of target.read(name)) {
    bytes += part.length;
    if (bytes > MANIFEST_BYTES_MAX) throw damagedFile(target, name, "is far too long");
    parts.push(part);
  }
  const text = Buffer.concat(parts);
  const newline = text.indexOf(10);
  const [magic, version, check] = text.subarray(0, newline).toString("latin1").split(" ");
  if (magic === SEAL_MAGIC)
    throw damagedFile(target, name, "is sealed: it takes its key to read it");
  if (magic !== MAGIC) throw damagedFile(target, name, "does not begin as one of a backup");
  if (Number(version) > FORMAT_VERSION) {
    const message = `the backup was written by a newer Firn (format ${version})`;
    throw coreError("FIRN_STORE_NEWER", message, { detail: { where: target.where, name } });
  }
  const body = text.subarray(newline + 1);
  if (hasher.hash(body, 0n).toString(16).padStart(16, "0") !== check) {
    throw damagedFile(target, name, "fails its checksum");
  }
  return JSON.parse(body.toString("utf8")) as BackupManifest;
}

export function damagedFile(target: BackupTarget, name: string, what: string): Error {
  const { where } = target;
  const message = `the backup in ${where} cannot be read: ${name} ${what}`;
  return coreError("FIRN_BACKUP_DAMAGED", message, { detail: { where, name } });
}
