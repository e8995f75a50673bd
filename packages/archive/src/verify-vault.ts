import { FirnError } from "@firn/core";
import type { KeySpaceId } from "@firn/core";
import { readContent } from "./content.ts";
import { vaultKeys, within } from "./records.ts";
import type { ArchiveRecord, Content } from "./records.ts";
import { TreeHasher, toHex } from "./tree-hash.ts";
import { viewVault } from "./vault-access.ts";
import type { Session } from "./vault-access.ts";

/** What reading an archive as a whole has shown. */
export interface VerifiedArchive {
  readonly archiveId: string;
  readonly size: number;
  readonly description: string;
  /** `lost`: some of it cannot be read; `changed`: it reads, but hashes to something else. */
  readonly status: "whole" | "lost" | "changed";
  /** Why it is lost. */
  readonly reason?: string | undefined;
}

/** Archives of one page: a vault of any size is walked in bounded memory. */
const PAGE_ARCHIVES = 100;

/**
 * Reads every byte of every archive and compares its tree hash with the one of its upload: what a
 * scrub shows of the store's own checksums, this shows of what clients sent.
 */
export async function* verifyVault(
  session: Session,
  options: { readonly vaultName: string; readonly after?: string | undefined },
): AsyncGenerator<VerifiedArchive, void, void> {
  let { after } = options;
  for (;;) {
    const page = await readPage(session, options.vaultName, after);
    for (const found of page) {
      const verified = await verify(session, found);
      if (verified !== undefined) yield verified;
    }
    if (page.length < PAGE_ARCHIVES) return;
    after = page.at(-1)?.record.id;
  }
}

interface Found {
  readonly space: KeySpaceId;
  readonly record: ArchiveRecord;
  readonly content: Content;
}

/** A page as of one moment; the view is closed again before any archive is read. */
async function readPage(
  session: Session,
  vaultName: string,
  after: string | undefined,
): Promise<Found[]> {
  const view = session.store.view();
  try {
    const vault = await viewVault(session, view, { vaultName, action: "InitiateJob" });
    const { space } = vault.record;
    const range = within(vaultKeys.archives());
    const behind = after === undefined ? range : { gt: vaultKeys.archive(after), lt: range.lt };
    const records = await vault.page<ArchiveRecord>({ ...behind, limit: PAGE_ARCHIVES });
    return await Promise.all(
      records.map(async (record) => {
        const content = await vault.get<Content>(vaultKeys.content(record.id));
        return { space, record, content: content ?? { pieces: [], pieceBytes: 1 } };
      }),
    );
  } finally {
    view.close();
  }
}

/** `undefined` when it was deleted meanwhile. */
async function verify({ store }: Session, found: Found): Promise<VerifiedArchive | undefined> {
  const { record, content, space } = found;
  const { id: archiveId, size, description, treeHash } = record;
  const hasher = new TreeHasher();
  const about = { archiveId, size, description };
  try {
    for await (const bytes of readContent(store, content, { start: 0, end: size })) {
      hasher.update(bytes);
    }
  } catch (error) {
    if (error instanceof FirnError && error.kind === "corruption") {
      return { ...about, status: "lost", reason: error.message };
    }
    if ((await store.get(space, vaultKeys.archive(archiveId))) === undefined) return undefined;
    throw error;
  }
  const same = toHex(hasher.digest().treeHash) === toHex(treeHash);
  return { ...about, status: same ? "whole" : "changed" };
}
