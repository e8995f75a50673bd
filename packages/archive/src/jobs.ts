import type { StagedBlob } from "@firn/core";
import { parseRetrievalRange } from "./byte-range.ts";
import type { ByteRange } from "./byte-range.ts";
import { ARCHIVE_ID_CHARS, JOB_ID_CHARS, JOB_KEPT_MS, READ_OUT_MS } from "./constants.ts";
import type { RetrievalTier } from "./constants.ts";
import { archiveNotFound } from "./archives.ts";
import { cutContent, hashContent, retainPieces } from "./content.ts";
import { archiveError, invalid, missing } from "./errors.ts";
import { drawIdTail, isIdText, timeOrderedId } from "./identifiers.ts";
import { addNotice } from "./notices.ts";
import { planInventory, takeInventory } from "./inventory-job.ts";
import type { InventoryRetrievalParameters } from "./inventory-job.ts";
import { encode, read, rootKeys, vaultKeys } from "./records.ts";
import type {
  ArchiveJobRecord,
  ArchiveRecord,
  Content,
  InventoryJobRecord,
  JobRecord,
} from "./records.ts";
import { spendRetrieval } from "./retrieval-policy.ts";
import { drawRetrievalMs } from "./retrieval-window.ts";
import { addDue } from "./sweeper.ts";
import { isTreeHashAligned } from "./tree-hash.ts";
import { checkDescription, checkTier, checkTopic } from "./validation.ts";
import { readVault, vaultNotFound, vaultPath, withVault } from "./vault-access.ts";
import type { OpenVault, Session, VaultView } from "./vault-access.ts";

export interface InitiateJobOptions {
  readonly vaultName: string;
  /** `archive-retrieval` or `inventory-retrieval`. */
  readonly type: string;
  readonly archiveId?: string | undefined;
  /** "first-last", whole MiB or up to the archive's end. Default the whole archive. */
  readonly retrievalByteRange?: string | undefined;
  /** Expedited (1 to 5 minutes), Standard (3 to 5 hours, default) or Bulk (5 to 12 hours). */
  readonly tier?: string | undefined;
  readonly description?: string | undefined;
  /** ARN of a topic: `deliver` hands out what is to be told there. */
  readonly snsTopic?: string | undefined;
  /** Of an inventory: JSON (default) or CSV. */
  readonly format?: string | undefined;
  readonly inventoryRetrievalParameters?: InventoryRetrievalParameters | undefined;
}

export interface JobInitiation {
  readonly jobId: string;
  readonly location: string;
}

export async function initiateJob(
  session: Session,
  options: InitiateJobOptions,
): Promise<JobInitiation> {
  const id = await startJob(session, options);
  const location = vaultPath(session.scope, options.vaultName, `/jobs/${id}`);
  return { jobId: id, location };
}

function startJob(session: Session, options: InitiateJobOptions): Promise<string> {
  switch (options.type) {
    case "archive-retrieval":
      return startArchiveRetrieval(session, options);
    case "inventory-retrieval":
      return startInventoryRetrieval(session, options);
    case "select":
      throw archiveError("FIRN_SELECT_UNSUPPORTED", "Select jobs are no longer supported");
    default:
      throw options.type
        ? invalid(`Invalid job type: ${options.type.slice(0, 100)}`)
        : missing("Type");
  }
}

async function startArchiveRetrieval(
  session: Session,
  options: InitiateJobOptions,
): Promise<string> {
  if (options.format !== undefined || options.inventoryRetrievalParameters !== undefined) {
    throw invalid("Format and InventoryRetrievalParameters are for inventory-retrieval jobs only");
  }
  const common = checkCommon(options);
  const tier = checkTier(options.tier);
  const { archiveId, vaultName } = options;
  if (archiveId === undefined) throw missing("ArchiveId");
  if (!isIdText(archiveId, ARCHIVE_ID_CHARS)) throw archiveNotFound(archiveId);
  const reads = [vaultKeys.archive(archiveId), vaultKeys.content(archiveId)];
  const call = { vaultName, action: "InitiateJob", reads };
  const found = await readVault(session, call, (vault) => viewArchive(vault, archiveId));
  const range = parseRetrievalRange(options.retrievalByteRange, found.archive.size);
  const treeHash = await hashRange(session, found, range);
  const drawn = drawJob(session, tier);
  return withVault(session, call, (vault) => {
    // Archives never change; it may only be gone by now.
    const { archive, content } = readArchive(vault, archiveId);
    const size = range.end - range.start;
    spendRetrieval(session, vault.tx, { tier, bytes: size });
    const { content: output } = cutContent(content, range);
    retainPieces(vault.tx, output.pieces);
    const record: ArchiveJobRecord = {
      ...begin(vault, drawn),
      ...common,
      action: "ArchiveRetrieval",
      archiveId,
      archiveDescription: archive.description,
      archiveSize: archive.size,
      archiveTreeHash: archive.treeHash,
      tier,
      start: range.start,
      size,
      treeHash,
    };
    return addJob(session, vault, { record, output });
  });
}

async function startInventoryRetrieval(
  session: Session,
  options: InitiateJobOptions,
): Promise<string> {
  if (options.archiveId !== undefined || options.retrievalByteRange !== undefined) {
    throw invalid("ArchiveId and RetrievalByteRange are for archive-retrieval jobs only");
  }
  if (options.tier !== undefined && checkTier(options.tier) !== "Standard") {
    throw invalid("Inventory retrievals have no tier but Standard");
  }
  const common = checkCommon(options);
  const plan = planInventory(options.format, options.inventoryRetrievalParameters ?? {});
  const { vaultName } = options;
  const call = { vaultName, action: "InitiateJob" };
  const vault = await readVault(session, call, (open) => open.record);
  // The inventory is as of this moment: its text is made now, and waits for the job to be due.
  const { staged, nextMarker } = await takeInventory(session, vault, plan);
  const drawn = drawJob(session, "Standard");
  return withVault(session, call, (open) => {
    // Deleted and made anew meanwhile: the text is not of this vault.
    if (open.space !== vault.space) throw vaultNotFound(session.scope, vaultName);
    const record: InventoryJobRecord = {
      ...begin(open, drawn),
      ...common,
      action: "InventoryRetrieval",
      size: staged.bytes,
      format: plan.format,
      ...plan.asked,
      nextMarker,
    };
    return addJob(session, open, { record, output: attachText(open, staged) });
  }).finally(() => session.store.blobs.discard(staged));
}

function attachText(vault: OpenVault, staged: StagedBlob): Content {
  const blob = vault.tx.attachBlob(staged);
  const piece = { blob, treeHash: new Uint8Array(), bytes: staged.bytes };
  return { pieces: [piece], pieceBytes: staged.bytes };
}

interface DrawnJob {
  readonly tail: string;
  readonly takesMs: number;
}

/** Chance is asked before the transaction: its body may run more than once. */
function drawJob({ store, instantRestores }: Session, tier: RetrievalTier): DrawnJob {
  const takesMs = instantRestores ? 0 : drawRetrievalMs(store.random, tier);
  return { tail: drawIdTail(store.random, JOB_ID_CHARS), takesMs };
}

function begin(
  vault: OpenVault,
  drawn: DrawnJob,
): { readonly id: string; readonly createdAt: number; readonly dueAt: number } {
  const { now } = vault.tx;
  return { id: timeOrderedId(now, drawn.tail), createdAt: now, dueAt: now + drawn.takesMs };
}

function addJob(
  session: Session,
  vault: OpenVault,
  job: { readonly record: JobRecord; readonly output: Content },
): string {
  const { tx, space } = vault;
  const { id, dueAt } = job.record;
  tx.put(space, vaultKeys.job(id), encode(job.record));
  tx.put(space, vaultKeys.output(id), encode(job.output));
  const key = rootKeys.vault(session.scope, vault.record.name);
  const due = { kind: "job", id, space, vault: key } as const;
  addDue(session.root, tx, dueAt + JOB_KEPT_MS + READ_OUT_MS, due);
  const { scope, root } = session;
  addNotice(root, tx, { at: dueAt, id, space, scope, vaultName: vault.record.name });
  return id;
}

function checkCommon(options: InitiateJobOptions): {
  readonly description: string;
  readonly snsTopic: string | undefined;
} {
  const { snsTopic } = options;
  return {
    description: checkDescription(options.description),
    snsTopic: snsTopic === undefined ? undefined : checkTopic(snsTopic),
  };
}

interface FoundArchive {
  readonly archive: ArchiveRecord;
  readonly content: Content;
}

function readArchive(vault: OpenVault, archiveId: string): FoundArchive {
  const archive = read<ArchiveRecord>(vault.tx, vault.space, vaultKeys.archive(archiveId));
  const content = read<Content>(vault.tx, vault.space, vaultKeys.content(archiveId));
  if (archive === undefined || content === undefined) throw archiveNotFound(archiveId);
  return { archive, content };
}

async function viewArchive(vault: VaultView, archiveId: string): Promise<FoundArchive> {
  const archive = await vault.get<ArchiveRecord>(vaultKeys.archive(archiveId));
  const content = await vault.get<Content>(vaultKeys.content(archiveId));
  if (archive === undefined || content === undefined) throw archiveNotFound(archiveId);
  return { archive, content };
}

/** The range's own tree hash, when it is a node of the archive's tree. */
async function hashRange(
  session: Session,
  { archive, content }: FoundArchive,
  range: ByteRange,
): Promise<Uint8Array | undefined> {
  if (range.end - range.start === archive.size) return archive.treeHash;
  if (!isTreeHashAligned(range.start, range.end, archive.size)) return undefined;
  return hashContent(session.store, content, range);
}
