import { sleep, untilTaken } from "@firn/core";
import type { KeySpaceId, Store, Transaction } from "@firn/core";
import { NOTICE_WAIT_MS } from "./constants.ts";
import { describe, isGone } from "./job-status.ts";
import type { JobDescription } from "./job-status.ts";
import { decode, encode, rootKeys, vaultKeys, within } from "./records.ts";
import type { JobRecord, NoticeRecord, NotificationRecord } from "./records.ts";
import { vaultArn } from "./vault-access.ts";

/** A job is complete. */
export interface JobNotice {
  /** ARN of the topic that the job or its vault named. */
  readonly topic: string;
  readonly job: JobDescription;
}

/** Takes a notice, or rejects: then it is sent again. */
export type SendNotice = (notice: JobNotice, signal: AbortSignal) => Promise<void>;

/** Notes that somebody may want to know when the job is complete. */
export function addNotice(root: KeySpaceId, tx: Transaction, notice: NoticeRecord): void {
  tx.put(root, rootKeys.notice(notice), encode(notice));
}

/** Takes back what nobody has sent. */
export function dropNotice(
  root: KeySpaceId,
  tx: Transaction,
  notice: Pick<NoticeRecord, "at" | "space" | "id">,
): void {
  tx.delete(root, rootKeys.notice(notice));
}

/**
 * Sends the notices of completed jobs, one after the other in the order of their completion, each
 * at least once. What fails is tried again, after 1 second, then twice as long each time up to 1
 * minute of the store's time, until it is taken or the job is gone.
 */
export class NoticeDelivery {
  readonly #store: Store;
  readonly #root: KeySpaceId;
  readonly #send: SendNotice;
  readonly #stopping = new AbortController();
  readonly #work: Promise<void>;
  /** Why the last try failed; `undefined` when it did not. */
  lastError: unknown;

  constructor(place: { readonly store: Store; readonly root: KeySpaceId }, send: SendNotice) {
    this.#store = place.store;
    this.#root = place.root;
    this.#send = send;
    this.#work = this.#run().catch((error: unknown) => {
      this.lastError = error;
    });
  }

  get isRunning(): boolean {
    return !this.#stopping.signal.aborted;
  }

  /** Ends it; what was under way comes again when another delivery begins. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#store;
    const onFailure = (error: unknown): void => {
      this.lastError = error;
    };
    while (!signal.aborted) {
      let waitMs = 0;
      const sendNext = async (): Promise<void> => {
        waitMs = await this.#sendNext(signal);
      };
      await untilTaken(sendNext, { clock, signal, onFailure });
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** Sends the first one when it is due; returns how long to wait for the next. */
  async #sendNext(signal: AbortSignal): Promise<number> {
    const view = this.#store.view();
    let notice: NoticeRecord;
    let notices: readonly JobNotice[];
    try {
      const page = { ...within(rootKeys.allNotices()), limit: 1 };
      const [entry] = await view.page(this.#root, page);
      if (entry === undefined) return NOTICE_WAIT_MS;
      notice = decode<NoticeRecord>(entry.value);
      const waitMs = notice.at - this.#store.clock.now();
      if (waitMs > 0) return Math.min(waitMs, NOTICE_WAIT_MS);
      notices = await this.#noticesOf(notice, (key) => view.get(notice.space, key));
    } finally {
      view.close();
    }
    for (const one of notices) await this.#send(one, signal);
    await this.#store.transact((tx) => dropNotice(this.#root, tx, notice));
    this.lastError = undefined;
    return 0;
  }

  /** To the job's own topic, and to the vault's when it wants to hear of such jobs. */
  async #noticesOf(
    { id, scope, vaultName }: NoticeRecord,
    get: (key: Uint8Array) => Promise<Uint8Array | undefined>,
  ): Promise<JobNotice[]> {
    const [found, configured] = await Promise.all([
      get(vaultKeys.job(id)).catch(ifDropped),
      get(vaultKeys.notifications()).catch(ifDropped),
    ]);
    if (found === undefined) return [];
    const record = decode<JobRecord>(found);
    const now = this.#store.clock.now();
    if (isGone(record, now)) return [];
    const job = describe({ arn: vaultArn(scope, vaultName), now }, record);
    const vault = configured && decode<NotificationRecord>(configured);
    const topics = new Set<string>();
    if (record.snsTopic !== undefined) topics.add(record.snsTopic);
    if (vault?.events.includes(`${record.action}Completed`) === true) topics.add(vault.snsTopic);
    return [...topics].map((topic) => ({ topic, job }));
  }
}

/** The vault was deleted meanwhile: nobody is told of its jobs. */
function ifDropped(error: { readonly code?: string }): undefined {
  if (error.code !== "FIRN_KEY_SPACE_NOT_FOUND") throw error;
}
