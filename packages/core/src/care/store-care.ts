import { PARITY_RATE_BYTES, REBUILD_RATE_BYTES } from "../constants.ts";
import { FirnError } from "../errors.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import { Manifest, indexDirectory } from "../log/manifest.ts";
import type { SegmentEntry, SegmentKind } from "../log/manifest.ts";
import type { ShardLog } from "../log/shard-log.ts";
import { parityDirectoryOf } from "../parity/parity-layout.ts";
import { ParityKeeper } from "../parity/parity-keeper.ts";
import { hasCode } from "../platform/node-file-system.ts";
import type { ExtentBlob, ScrubContext, ScrubFindings } from "../scrub/scrub-context.ts";
import { HealOnRead } from "../scrub/heal-on-read.ts";
import { readableBlobs } from "../scrub/readable-blobs.ts";
import { StoreScrubber } from "../scrub/store-scrubber.ts";
import { NOTHING_FOUND } from "../scrub/scrub-context.ts";
import type { BlobId, Position, Store } from "../store-api.ts";
import { blobKey, decodeBlobRecord } from "../store/blob-record.ts";
import type { IndexHolder } from "../store/index-holder.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";
import type { BlobCompactor } from "../store/blob-compactor.ts";
import type { Flusher } from "../store/flusher.ts";
import type { Compactor } from "../store/compactor.ts";
import type { History } from "../store/history.ts";
import type { OpenContext } from "../store/open-context.ts";
import type { KeySpaces } from "../store/key-spaces.ts";
import type { Pins } from "../store/pins.ts";
import { rebuildIndex } from "../store/rebuild-index.ts";
import type { ValueReader } from "../store/value-reader.ts";
import type { ReaderPins } from "../store/reader-pins.ts";
import { SpaceBudget } from "../store/space-budget.ts";
import type { HistoryStatus, ScrubOptions, ScrubReport, StoreStatus } from "../status-api.ts";
import { storeStatus } from "./store-status.ts";

export interface StoreCareParts {
  readonly context: OpenContext;
  readonly log: ShardLog;
  readonly queue: CommitQueue;
  readonly holder: IndexHolder;
  readonly readers: ReaderPins;
  readonly flusher: Flusher;
  readonly pins: Pins;
  readonly spaces: KeySpaces;
  readonly values: ValueReader;
  readonly blobCompactor: BlobCompactor;
  readonly history: History;
  readonly compactor: Pick<Compactor, "garbageBytes" | "garbagePerSpace" | "pause">;
  readonly store: () => Pick<Store, "get" | "transact" | "view"> & {
    readonly historyStatus: HistoryStatus | undefined;
    /** Removes what the index holds of dropped key spaces. */
    sweep(): void;
  };
}

/** What keeps an open store's bytes what they were: scrub and parity. */
export class StoreCare {
  readonly parity: ParityKeeper;
  readonly scrubber: StoreScrubber;
  readonly #parts: StoreCareParts;
  readonly #parityBudget: SpaceBudget;
  readonly #rebuildBudget: SpaceBudget;
  readonly #heal: HealOnRead;
  #rebuilding: Promise<string> | undefined;

  constructor(parts: StoreCareParts) {
    this.#parts = parts;
    const clock = parts.context.realTime;
    const isBusy = (): boolean => parts.queue.isBusy;
    const { rate: parityRate = PARITY_RATE_BYTES } = parts.context.parity;
    const rate = { clock, isBusy, bytesPerSecond: parityRate };
    this.#parityBudget = new SpaceBudget(rate);
    const { backgroundBytesPerSecond } = parts.context.limits;
    const rebuildRate = Math.max(REBUILD_RATE_BYTES, backgroundBytesPerSecond);
    this.#rebuildBudget = new SpaceBudget({ ...rate, bytesPerSecond: rebuildRate });
    parts.values.onIndexDamage = (error) => void this.indexDamaged(error.message);
    parts.flusher.onFailed = (error) => {
      if (hasCode(error, "LEVEL_CORRUPTION")) void this.indexDamaged((error as Error).message);
    };
    const context = this.#context();
    const { storeId } = parts.context.home.manifest.state;
    this.parity = new ParityKeeper(
      { ...context, pace: this.#parityBudget },
      parts.context.parity,
      clock,
    );
    this.#heal = new HealOnRead({ ...context, pace: this.#rebuildBudget });
    parts.values.onLogDamage = (position) => void this.heal("commit", position);
    this.scrubber = new StoreScrubber({ context, storeId, clock, isBusy, store: parts.store });
  }

  status(): Promise<StoreStatus> {
    return storeStatus(this.#parts, this);
  }

  start(): void {
    if (this.#parts.context.parity.segments !== "none") this.parity.start();
  }

  /** Segments that were repaired because a reader had met rot in them. */
  get healed(): number {
    return this.#heal.count;
  }

  /** A reader has met rot: its segment is repaired, now, if it has parity. Never rejects. */
  heal(kind: SegmentKind, position: Position): Promise<void> {
    return this.#heal.run(kind, position);
  }

  /** The store's index, for tests. */
  get holder(): IndexHolder {
    return this.#parts.holder;
  }

  /** Parity of segments that are gone goes first: nobody else looks while none is made. */
  async scrub(options?: ScrubOptions): Promise<ScrubReport> {
    if (this.#parts.context.parity.segments === "none") await this.parity.run();
    return this.scrubber.scrub(options);
  }

  /** Somebody has met damage in the index: it is built anew, now. Never rejects. */
  async indexDamaged(damage: string): Promise<void> {
    await this.#rebuildIndex(damage);
  }

  async close(): Promise<void> {
    this.#parityBudget.stop();
    this.#rebuildBudget.stop();
    await this.#heal.stop();
    await this.scrubber.stop();
    await this.parity.stop();
    await this.#rebuilding;
  }

  #context(): Omit<ScrubContext, "pace"> {
    const { context, holder, readers, store } = this.#parts;
    const { home, directory, commitFiles, extentFiles, parity } = context;
    return {
      directory,
      fileSystem: home.fileSystem,
      index: context.index,
      // Of the moment: it may be replaced.
      get indexDirectory(): string {
        return indexDirectory(directory, home.manifest.state);
      },
      identity: home.identity,
      storeId: home.storeId,
      commitFiles,
      extentFiles,
      parityDirectory: parityDirectoryOf({
        directory,
        storeId: home.manifest.state.storeId,
        elsewhere: parity.directory,
      }),
      isLive: (entry) => this.#isLive(entry),
      writtenBytes: (entry) => this.#writtenBytes(entry),
      pinned: async (read) => {
        const pin = readers.pin();
        return read().finally(() => pin.release());
      },
      blobs: (after) => this.#blobs(after),
      hasBlob: async (id) => (await store().get(BLOB_SPACE, blobKey(id))) !== undefined,
      snapshot: async () => holder.index.snapshot(),
      checkManifest: () => this.#checkManifest(),
      rebuildIndex: ([fault]) => this.#rebuildIndex(`${fault?.what}: ${fault?.file}`),
    };
  }

  #isLive({ id, kind }: SegmentEntry): boolean {
    const { commitFiles, extentFiles } = this.#parts.context;
    const { entries } = kind === "commit" ? commitFiles : extentFiles;
    return entries.some((entry) => entry.id === id);
  }

  /** Only of the segment that is being written: others are about to be sealed, or begun. */
  #writtenBytes({ base, capacity }: SegmentEntry): number | undefined {
    const { head } = this.#parts.log;
    return head > base && head <= base + capacity ? head - base : undefined;
  }

  async *#blobs(after: BlobId | undefined): AsyncGenerator<ExtentBlob> {
    yield* readableBlobs(() => this.#parts.store().view(), after);
    for await (const [id, record] of this.#parts.history.blobRecords()) {
      const { extents } = decodeBlobRecord(record);
      if (extents !== undefined) yield { id, extents, past: true };
    }
  }

  /** What is in memory is what the file should say. */
  async #checkManifest(): Promise<ScrubFindings> {
    const { home, directory } = this.#parts.context;
    const { fileSystem, identity, manifest } = home;
    const place = { fileSystem, hasher: identity.hasher, directory };
    const found = await Manifest.read(place).catch((error: unknown) => {
      if (error instanceof FirnError && error.kind === "corruption") return undefined;
      throw error;
    });
    if (found !== undefined && found.damage === undefined) return NOTHING_FOUND;
    const file = found?.damage?.detail["file"] ?? `${directory}/manifest`;
    await manifest.update((state) => state);
    const what = "the manifest, or its copy, had changed and was written again";
    return { repaired: [{ what, file: String(file) }], problems: [] };
  }

  /** Says when it was, or will be, built anew. Never rejects. */
  #rebuildIndex(damage: string): Promise<string> {
    this.#rebuilding ??= this.#rebuild(damage).finally(() => {
      this.#rebuilding = undefined;
    });
    return this.#rebuilding;
  }

  async #rebuild(damage: string): Promise<string> {
    const { holder, store, compactor } = this.#parts;
    // The log must not be thinned while it is read: a deletion may go behind the value it deletes.
    const resume = await compactor.pause();
    try {
      // Should the process end before the new one is whole.
      await holder.rebuildAtOpen(damage);
      await rebuildIndex({ ...this.#parts, pace: this.#rebuildBudget });
      store().sweep();
      return "it was built anew from the log, while the store was open";
    } catch (error) {
      const why = (error as Error).message;
      return `the next opening removes it and builds it anew from the log (not now: ${why})`;
    } finally {
      resume();
    }
  }
}
