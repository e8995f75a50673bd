import { formatRange, parsePartRange } from "./byte-range.ts";
import {
  ARCHIVE_ID_CHARS,
  ENDED_UPLOAD_KEPT_MS,
  JOB_ID_CHARS,
  PAGE_MAX,
  PARTS_MAX,
  UPLOAD_IDLE_MS,
} from "./constants.ts";
import { addArchive, describeCreation } from "./archives.ts";
import type { ArchiveCreation } from "./archives.ts";
import { releasePieces } from "./content.ts";
import { archiveError, invalid } from "./errors.ts";
import { drawIdTail, isIdText, timeOrderedId } from "./identifiers.ts";
import type { Page, PageOptions } from "./paged-list.ts";
import { decode, encode, read, rootKeys, vaultKeys, within } from "./records.ts";
import type { EndedRecord, PartRecord, Piece, UploadRecord } from "./records.ts";
import { attachPiece, discardPiece, stagePiece } from "./stage-archive.ts";
import type { StageOptions } from "./stage-archive.ts";
import { addDue, endUpload } from "./sweeper.ts";
import { TreeHashCombiner, toHex } from "./tree-hash.ts";
import { checkDescription, checkHash, checkLimit, checkPartSize } from "./validation.ts";
import { readVault, vaultPath, withVault } from "./vault-access.ts";
import type { OpenVault, Session, VaultView } from "./vault-access.ts";

export interface InitiateMultipartUploadOptions {
  readonly vaultName: string;
  /** Bytes of each part but the last: 1 MiB times a power of two, up to 4 GiB. */
  readonly partSize: number;
  readonly archiveDescription?: string | undefined;
}

/** Names an upload. */
export interface UploadName {
  readonly vaultName: string;
  readonly uploadId: string;
}

export interface UploadMultipartPartOptions extends UploadName, Omit<StageOptions, "bytesMax"> {
  /** "bytes first-last/*": which bytes of the archive these are. */
  readonly range: string;
}

export interface CompleteMultipartUploadOptions extends UploadName {
  /** Bytes of the whole archive. */
  readonly archiveSize: number;
  /** Tree hash of the whole archive, in hex. */
  readonly checksum: string;
}

export interface UploadDescription {
  readonly multipartUploadId: string;
  readonly vaultArn: string;
  readonly archiveDescription?: string | undefined;
  readonly partSizeInBytes: number;
  /** Milliseconds since 1970 UTC. */
  readonly creationDate: number;
}

export interface PartDescription {
  /** "first-last". */
  readonly rangeInBytes: string;
  readonly sha256TreeHash: string;
}

/** An upload and a page of its parts, in the order of their ranges. */
export interface PartsPage extends UploadDescription, Page<PartDescription> {}

export async function initiateMultipartUpload(
  session: Session,
  options: InitiateMultipartUploadOptions,
): Promise<{ readonly uploadId: string; readonly location: string }> {
  const { vaultName } = options;
  const partSize = checkPartSize(options.partSize);
  const description = checkDescription(options.archiveDescription);
  const tail = drawIdTail(session.store.random, JOB_ID_CHARS);
  const call = { vaultName, action: "InitiateMultipartUpload" };
  const uploadId = await withVault(session, call, ({ tx, space }) => {
    const id = timeOrderedId(tx.now, tail);
    const record: UploadRecord = { id, createdAt: tx.now, activeAt: tx.now, description, partSize };
    tx.put(space, vaultKeys.upload(id), encode(record));
    const vault = rootKeys.vault(session.scope, vaultName);
    addDue(session.root, tx, tx.now + UPLOAD_IDLE_MS, { kind: "upload", id, space, vault });
    return id;
  });
  const location = vaultPath(session.scope, vaultName, `/multipart-uploads/${uploadId}`);
  return { uploadId, location };
}

/** A part that was there already is replaced. */
export async function uploadMultipartPart(
  session: Session,
  options: UploadMultipartPartOptions,
): Promise<{ readonly checksum: string }> {
  const { vaultName, uploadId } = options;
  const reads = [vaultKeys.upload(uploadId)];
  const call = { vaultName, action: "UploadMultipartPart", reads };
  const { partSize } = await readVault(session, call, (vault) => viewUpload(vault, uploadId));
  const range = parsePartRange(options.range, partSize);
  const index = range.start / partSize;
  if (index >= PARTS_MAX) throw invalid(`An upload has at most ${PARTS_MAX} parts`);
  const staged = await stagePiece(session.store, { ...options, bytesMax: range.end - range.start });
  if (staged.bytes !== range.end - range.start) {
    discardPiece(session.store, staged);
    throw invalid(
      `Content-Range: ${options.range} is incompatible with the ${staged.bytes} bytes sent`,
    );
  }
  const key = vaultKeys.part(uploadId, index);
  await withVault(session, { ...call, reads: [...reads, key] }, (vault) => {
    const { tx, space } = vault;
    const upload = readUpload(vault, uploadId);
    const before = read<PartRecord>(tx, space, key);
    if (before !== undefined) releasePieces(tx, [before.piece]);
    const part: PartRecord = { start: range.start, piece: attachPiece(tx, staged) };
    tx.put(space, key, encode(part));
    tx.put(space, vaultKeys.upload(uploadId), encode({ ...upload, activeAt: tx.now }));
  }).finally(() => discardPiece(session.store, staged));
  return { checksum: toHex(staged.treeHash) };
}

/**
 * Makes the parts one archive, without moving a byte. Asked again within a day it answers the same.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID when parts are absent, short, or do not add up;
 *   FIRN_TREE_HASH_MISMATCH when the archive's tree hash is another.
 */
export async function completeMultipartUpload(
  session: Session,
  options: CompleteMultipartUploadOptions,
): Promise<ArchiveCreation> {
  const { vaultName, uploadId } = options;
  const checksum = checkHash(options.checksum);
  const tail = drawIdTail(session.store.random, ARCHIVE_ID_CHARS);
  const partsPage = { ...within(vaultKeys.parts(uploadId)), limit: PARTS_MAX };
  const call = {
    vaultName,
    action: "CompleteMultipartUpload",
    reads: [vaultKeys.upload(uploadId), vaultKeys.ended(uploadId), vaultKeys.totals()],
    ranges: [partsPage],
  };
  const archive = await withVault(session, call, (vault) => {
    const { tx, space } = vault;
    const ended = read<EndedRecord>(tx, space, vaultKeys.ended(uploadId))?.archive;
    if (ended !== undefined) return checkSame(ended, options.archiveSize, checksum);
    const upload = readUpload(vault, uploadId);
    const entries = tx.range(space, partsPage);
    const pieces = joinParts(
      upload,
      entries.map((entry) => decode<PartRecord>(entry.value)),
    );
    const whole = measure(pieces);
    checkWhole(whole, options.archiveSize, checksum);
    const id = addArchive(vault, {
      tail,
      record: { ...whole, description: upload.description },
      content: { pieces, pieceBytes: upload.partSize },
    });
    for (const entry of entries) tx.delete(space, entry.key);
    tx.delete(space, vaultKeys.upload(uploadId));
    endWith(session, vault, { uploadId, ended: { archive: { id, ...whole } } });
    return { id, ...whole };
  });
  return describeCreation(session, vaultName, archive);
}

/** Asked again within a day it succeeds again; a completed upload cannot be aborted. */
export async function abortMultipartUpload(session: Session, name: UploadName): Promise<void> {
  const { vaultName, uploadId } = name;
  const call = {
    vaultName,
    action: "AbortMultipartUpload",
    reads: [vaultKeys.upload(uploadId), vaultKeys.ended(uploadId)],
    ranges: [{ ...within(vaultKeys.parts(uploadId)), limit: PARTS_MAX }],
  };
  await withVault(session, call, (vault) => {
    const { tx, space } = vault;
    const ended = read<EndedRecord>(tx, space, vaultKeys.ended(uploadId));
    if (ended !== undefined && ended.archive === undefined) return;
    readUpload(vault, uploadId);
    endUpload(tx, space, uploadId);
    endWith(session, vault, { uploadId, ended: {} });
  });
}

export function listParts(session: Session, options: UploadName & PageOptions): Promise<PartsPage> {
  const { vaultName, uploadId } = options;
  const limit = checkLimit(options.limit, PAGE_MAX);
  const first = options.marker === undefined ? 0 : Number(options.marker);
  if (!(Number.isInteger(first) && first >= 0 && first < PARTS_MAX))
    throw invalid("Invalid marker");
  const from = vaultKeys.part(uploadId, first);
  const page = { ...within(vaultKeys.parts(uploadId), from), limit: limit + 1 };
  return readVault(session, { vaultName, action: "ListParts" }, async (vault) => {
    const upload = await viewUpload(vault, uploadId);
    const parts = await vault.page<PartRecord>(page);
    const next = parts[limit];
    return {
      ...describeUpload(vault.arn, upload),
      items: parts.slice(0, limit).map(describePart),
      marker: next && String(next.start / upload.partSize),
    };
  });
}

export function listMultipartUploads(
  session: Session,
  options: { readonly vaultName: string } & PageOptions,
): Promise<Page<UploadDescription>> {
  const { vaultName, marker } = options;
  const limit = checkLimit(options.limit, PAGE_MAX);
  if (marker !== undefined && !isIdText(marker, JOB_ID_CHARS)) throw invalid("Invalid marker");
  const from = marker === undefined ? undefined : vaultKeys.upload(marker);
  const page = { ...within(vaultKeys.uploads(), from), limit: limit + 1 };
  return readVault(session, { vaultName, action: "ListMultipartUploads" }, async (vault) => {
    const uploads = await vault.page<UploadRecord>(page);
    return {
      items: uploads
        .slice(0, limit)
        .filter((upload) => !isIdle(upload, vault.now))
        .map((upload) => describeUpload(vault.arn, upload)),
      marker: uploads[limit]?.id,
    };
  });
}

interface Whole {
  readonly size: number;
  readonly treeHash: Uint8Array;
}

/** The parts as pieces, when they leave no gap and only the last is short. */
function joinParts(upload: UploadRecord, parts: readonly PartRecord[]): readonly Piece[] {
  const last = parts.length - 1;
  parts.forEach(({ start, piece }, i) => {
    if (start !== i * upload.partSize) {
      throw invalid(`The upload lacks the part that begins at byte ${i * upload.partSize}`);
    }
    if (i < last && piece.bytes !== upload.partSize) {
      throw invalid(`The part that begins at byte ${start} is shorter than the part size`);
    }
  });
  return parts.map((part) => part.piece);
}

function measure(pieces: readonly Piece[]): Whole {
  const combiner = new TreeHashCombiner();
  for (const piece of pieces) combiner.push(piece.treeHash);
  return {
    size: pieces.reduce((sum, piece) => sum + piece.bytes, 0),
    treeHash: combiner.digest(),
  };
}

function checkWhole(whole: Whole, archiveSize: number, checksum: string): void {
  if (whole.size === 0) throw invalid("The upload has no parts");
  if (whole.size !== archiveSize) {
    throw invalid(`Invalid archive size: ${archiveSize}; the parts have ${whole.size} bytes`);
  }
  const computed = toHex(whole.treeHash);
  if (computed === checksum) return;
  const message = `Checksum mismatch: expected ${checksum}, computed ${computed}`;
  throw archiveError("FIRN_TREE_HASH_MISMATCH", message, {
    detail: { expected: checksum, computed },
  });
}

function checkSame<T extends Whole>(whole: T, archiveSize: number, checksum: string): T {
  checkWhole(whole, archiveSize, checksum);
  return whole;
}

function endWith(
  session: Session,
  { tx, space, record }: OpenVault,
  end: { readonly uploadId: string; readonly ended: EndedRecord },
): void {
  const { uploadId: id, ended } = end;
  tx.put(space, vaultKeys.ended(id), encode(ended));
  const vault = rootKeys.vault(session.scope, record.name);
  addDue(session.root, tx, tx.now + ENDED_UPLOAD_KEPT_MS, { kind: "ended", id, space, vault });
}

function readUpload({ tx, space }: OpenVault, uploadId: string): UploadRecord {
  const known = isIdText(uploadId, JOB_ID_CHARS);
  const upload = known ? read<UploadRecord>(tx, space, vaultKeys.upload(uploadId)) : undefined;
  return checkOpen(upload, uploadId, tx.now);
}

async function viewUpload(vault: VaultView, uploadId: string): Promise<UploadRecord> {
  const known = isIdText(uploadId, JOB_ID_CHARS);
  const upload = known ? await vault.get<UploadRecord>(vaultKeys.upload(uploadId)) : undefined;
  return checkOpen(upload, uploadId, vault.now);
}

function checkOpen(upload: UploadRecord | undefined, uploadId: string, now: number): UploadRecord {
  if (upload !== undefined && !isIdle(upload, now)) return upload;
  throw archiveError("FIRN_UPLOAD_NOT_FOUND", `The upload ID was not found: ${uploadId}`, {
    detail: { uploadId },
  });
}

/** Over by the clock, whenever it may be swept. */
function isIdle(upload: UploadRecord, now: number): boolean {
  return now >= upload.activeAt + UPLOAD_IDLE_MS;
}

function describeUpload(vaultArn: string, upload: UploadRecord): UploadDescription {
  return {
    multipartUploadId: upload.id,
    vaultArn,
    archiveDescription: upload.description || undefined,
    partSizeInBytes: upload.partSize,
    creationDate: upload.createdAt,
  };
}

function describePart({ start, piece }: PartRecord): PartDescription {
  return {
    rangeInBytes: formatRange({ start, end: start + piece.bytes }),
    sha256TreeHash: toHex(piece.treeHash),
  };
}
