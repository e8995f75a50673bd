import { daysLacking } from "@firn/core";
import { releasePieces } from "./content.ts";
import { ARCHIVE_ID_CHARS, MINIMUM_DAYS } from "./constants.ts";
import { archiveError } from "./errors.ts";
import { drawIdTail, isIdText, timeOrderedId } from "./identifiers.ts";
import { encode, read, vaultKeys } from "./records.ts";
import type { ArchiveRecord, Content } from "./records.ts";
import { attachPiece, discardPiece, stagePiece } from "./stage-archive.ts";
import type { StageOptions } from "./stage-archive.ts";
import { STORAGE, noteUse } from "./monthly-use.ts";
import { toHex } from "./tree-hash.ts";
import { checkDescription } from "./validation.ts";
import { readVault, vaultPath, withVault } from "./vault-access.ts";
import type { OpenVault, Session } from "./vault-access.ts";
import { addToTotals } from "./vaults.ts";

export interface UploadArchiveOptions extends Omit<StageOptions, "bytesMax"> {
  readonly vaultName: string;
  /** At most 1,024 printable ASCII characters. */
  readonly archiveDescription?: string | undefined;
}

/** A stored archive: what it is called and what it hashes to. */
export interface ArchiveCreation {
  /** 138 characters, unique per upload, even of equal bytes. */
  readonly archiveId: string;
  /** Tree hash, 64 hex digits. */
  readonly checksum: string;
  readonly location: string;
}

export async function uploadArchive(
  session: Session,
  options: UploadArchiveOptions,
): Promise<ArchiveCreation> {
  const { vaultName } = options;
  const description = checkDescription(options.archiveDescription);
  const call = { vaultName, action: "UploadArchive", reads: [vaultKeys.totals()] };
  // Before the bytes come: a client need not send 4 GiB to learn that there is no such vault.
  await readVault(session, call, () => undefined);
  const staged = await stagePiece(session.store, options);
  const tail = drawIdTail(session.store.random, ARCHIVE_ID_CHARS);
  const { treeHash, bytes } = staged;
  const id = await withVault(session, call, (vault) =>
    addArchive(vault, {
      tail,
      record: { size: bytes, treeHash, description },
      content: { pieces: [attachPiece(vault.tx, staged)], pieceBytes: bytes },
    }),
  ).finally(() => discardPiece(session.store, staged));
  return describeCreation(session, vaultName, { id, treeHash });
}

/** Puts an archive into the vault and its inventory; returns its id. */
export function addArchive(
  vault: OpenVault,
  archive: {
    /** The random part of its id. */
    readonly tail: string;
    readonly record: Omit<ArchiveRecord, "id" | "createdAt">;
    readonly content: Content;
  },
): string {
  const { tx, space } = vault;
  const id = timeOrderedId(tx.now, archive.tail);
  const record: ArchiveRecord = { id, createdAt: tx.now, ...archive.record };
  tx.put(space, vaultKeys.archive(id), encode(record));
  tx.put(space, vaultKeys.content(id), encode(archive.content));
  addToTotals(vault, 1, record.size);
  return id;
}

export function describeCreation(
  session: Session,
  vaultName: string,
  archive: { readonly id: string; readonly treeHash: Uint8Array },
): ArchiveCreation {
  return {
    archiveId: archive.id,
    checksum: toHex(archive.treeHash),
    location: vaultPath(session.scope, vaultName, `/archives/${archive.id}`),
  };
}

/** Jobs that have the archive keep its bytes: each holds references of its own. */
export async function deleteArchive(
  session: Session,
  options: { readonly vaultName: string; readonly archiveId: string },
): Promise<void> {
  const { vaultName, archiveId } = options;
  if (!isIdText(archiveId, ARCHIVE_ID_CHARS)) throw archiveNotFound(archiveId);
  const [key, contentKey] = [vaultKeys.archive(archiveId), vaultKeys.content(archiveId)];
  const call = {
    vaultName,
    action: "DeleteArchive",
    reads: [key, contentKey, vaultKeys.totals(), vaultKeys.tags()],
    archiveCreatedAt: (tx: OpenVault["tx"], space: number): number | undefined =>
      read<ArchiveRecord>(tx, space, key)?.createdAt,
  };
  await withVault(session, call, (vault) => {
    const { tx, space } = vault;
    const record = read<ArchiveRecord>(tx, space, key);
    const content = read<Content>(tx, space, contentKey);
    // Deleted already: the API is idempotent.
    if (record === undefined || content === undefined) return;
    releasePieces(tx, content.pieces);
    tx.delete(space, key);
    tx.delete(space, contentKey);
    addToTotals(vault, -1, -record.size);
    addOwed(session, vault, record);
  });
}

/** Deleted before its time, it is billed for what it lacks: the cost report tells it. */
function addOwed(session: Session, { tx }: OpenVault, record: ArchiveRecord): void {
  const lacking = daysLacking(MINIMUM_DAYS, record.createdAt, tx.now);
  if (lacking > 0) noteUse(session, tx, { [STORAGE]: { owedByteDays: record.size * lacking } });
}

export function archiveNotFound(archiveId: string): Error {
  return archiveError("FIRN_ARCHIVE_NOT_FOUND", `The archive ID was not found: ${archiveId}`, {
    detail: { archiveId },
  });
}
