import type { KeySpaceId, Store, Transaction } from "@firn/core";
import { SWEEP_EVERY_MS, UPLOAD_IDLE_MS } from "./constants.ts";
import { releasePieces } from "./content.ts";
import { dropNotice } from "./notices.ts";
import { decode, encode, read, rootKeys, vaultKeys, within } from "./records.ts";
import type {
  Content,
  DueRecord,
  JobRecord,
  PartRecord,
  UploadRecord,
  VaultRecord,
} from "./records.ts";

/**
 * Clears away what has had its time: jobs a day after completion, idle uploads, the memory of ended
 * ones, and what was left in deleted vaults. Nothing that anybody sees depends on when it runs:
 * what is over is over by the clock. It only gives room back, one small transaction per thing, so a
 * crash at any point leaves the rest for the next time.
 */
export class Sweeper {
  readonly #store: Store;
  readonly #root: KeySpaceId;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** Once set, no run begins; one under way ends after its current step. */
  closed = false;

  constructor(store: Store, root: KeySpaceId) {
    this.#store = store;
    this.#root = root;
    this.#arm();
    // What a crash left undone. The store remembers its failure and tells whoever writes next.
    this.sweep().catch(() => undefined);
  }

  /** Runs now, or joins the run under way. */
  sweep(): Promise<void> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#cancel?.();
    // A failed sweep is no failure of closing: the next opening sweeps again.
    await this.#running?.catch(() => undefined);
  }

  #arm(): void {
    this.#cancel = this.#store.clock.schedule(SWEEP_EVERY_MS, () => {
      this.#arm();
      this.sweep().catch(() => undefined);
    });
  }

  async #run(): Promise<void> {
    let more = true;
    while (more && !this.closed) {
      more = (await this.#dropOne()) || (await this.#endOne());
    }
  }

  /** The earliest thing that is due, if any is. */
  #endOne(): Promise<boolean> {
    const page = { ...within(rootKeys.allDue()), limit: 1 };
    return this.#store.transact(
      (tx) => {
        const [entry] = tx.range(this.#root, page);
        if (entry === undefined) return false;
        const due = decode<DueRecord>(entry.value);
        if (due.at > tx.now) return false;
        tx.delete(this.#root, entry.key);
        const vault = read<VaultRecord>(tx, this.#root, due.vault);
        if (vault?.space === due.space) endDue(this.#root, tx, due);
        return true;
      },
      { ranges: [[this.#root, page]] },
    );
  }

  /** One job or upload of a deleted vault; at last the key space itself. */
  #dropOne(): Promise<boolean> {
    const page = { ...within(rootKeys.allDropped()), limit: 1 };
    return this.#store.transact(
      (tx) => {
        const [entry] = tx.range(this.#root, page);
        if (entry === undefined) return false;
        const { space } = decode<{ space: KeySpaceId }>(entry.value);
        if (endFirst(this.#root, tx, space)) return true;
        tx.dropKeySpace(space);
        tx.delete(this.#root, entry.key);
        return true;
      },
      { ranges: [[this.#root, page]] },
    );
  }
}

/** Notes that something is to be looked at when its time has come. */
export function addDue(
  root: KeySpaceId,
  tx: Transaction,
  at: number,
  what: Omit<DueRecord, "at">,
): void {
  const due: DueRecord = { at, ...what };
  tx.put(root, rootKeys.due(due), encode(due));
}

interface JobPlace {
  readonly space: KeySpaceId;
  readonly id: string;
}

/** Takes a job away: its references, its output, itself. */
export function endJob(root: KeySpaceId, tx: Transaction, job: JobPlace): void {
  const { space, id } = job;
  const record = read<JobRecord>(tx, space, vaultKeys.job(id));
  if (record !== undefined) dropNotice(root, tx, { at: record.dueAt, space, id });
  const output = read<Content>(tx, space, vaultKeys.output(id));
  if (output !== undefined) releasePieces(tx, output.pieces);
  tx.delete(space, vaultKeys.output(id));
  tx.delete(space, vaultKeys.job(id));
}

/** Takes an upload and the references of its parts away. */
export function endUpload(tx: Transaction, space: KeySpaceId, id: string): void {
  const prefix = within(vaultKeys.parts(id));
  for (const entry of tx.range(space, { ...prefix, limit: 10_000 })) {
    releasePieces(tx, [decode<PartRecord>(entry.value).piece]);
    tx.delete(space, entry.key);
  }
  tx.delete(space, vaultKeys.upload(id));
}

function endDue(root: KeySpaceId, tx: Transaction, due: DueRecord): void {
  const { space, id, vault } = due;
  if (due.kind === "job") return endJob(root, tx, { space, id });
  if (due.kind === "ended") return tx.delete(space, vaultKeys.ended(id));
  const upload = read<UploadRecord>(tx, space, vaultKeys.upload(id));
  if (upload === undefined) return;
  const idleAt = upload.activeAt + UPLOAD_IDLE_MS;
  if (idleAt > tx.now) addDue(root, tx, idleAt, { kind: "upload", id, space, vault });
  else endUpload(tx, space, id);
}

function endFirst(root: KeySpaceId, tx: Transaction, space: KeySpaceId): boolean {
  const [job] = tx.range(space, { ...within(vaultKeys.jobs()), limit: 1 });
  if (job !== undefined) {
    endJob(root, tx, { space, id: decode<{ id: string }>(job.value).id });
  }
  const [upload] = tx.range(space, { ...within(vaultKeys.uploads()), limit: 1 });
  if (upload !== undefined) endUpload(tx, space, decode<{ id: string }>(upload.value).id);
  return job !== undefined || upload !== undefined;
}
