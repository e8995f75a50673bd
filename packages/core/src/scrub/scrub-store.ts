import { openDirectory } from "../check/open-directory.ts";
import type { CheckOptions, OpenDirectory } from "../check/open-directory.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { Pace } from "../parity/parity-blocks.ts";
import { parityDirectoryOf } from "../parity/parity-layout.ts";
import { RealClock } from "../platform/clocks.ts";
import { turn } from "../platform/macrotask.ts";
import type { ScrubProgress, ScrubReport } from "../status-api.ts";
import type { BlobId } from "../store-api.ts";
import { indexTag } from "../store/index-holder.ts";
import { NOTHING_FOUND } from "./scrub-context.ts";
import type { ExtentBlob, ScrubContext, ScrubFindings } from "./scrub-context.ts";
import { ScrubPass } from "./scrub-pass.ts";
import { StoredBlobs } from "./stored-blobs.ts";

export interface ScrubStoreOptions extends CheckOptions {
  /** Where parity files lie when not in the store's own directory; absolute. */
  readonly parityDirectory?: string | undefined;
  readonly onProgress?: ((progress: ScrubProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** As fast as it goes: nobody else uses the store. */
const FULL_SPEED: Pace = { take: () => Promise.resolve(), slice: turn };

/**
 * Reads every byte of a directory that nobody has open, repairs from parity what can be repaired,
 * and removes an index that is damaged, which the next opening builds anew.
 * @throws FIRN_STORE_LOCKED, FIRN_STORE_NEWER, FIRN_STORE_DAMAGED (a manifest that cannot be read).
 */
export async function scrubStore(options: ScrubStoreOptions): Promise<ScrubReport> {
  const clock = new RealClock();
  const startedAt = clock.monotonicMs();
  const opened = await openDirectory(options);
  const closed = new ClosedStore(opened);
  try {
    const context = closed.context(options.parityDirectory);
    const pass = new ScrubPass(context, options);
    await pass.run();
    const { bytes, files, repaired, problems } = pass;
    const durationMs = Math.round(clock.monotonicMs() - startedAt);
    const { storeId } = opened.state;
    return { storeId, files, bytes, durationMs, repaired, problems };
  } finally {
    await closed.close();
  }
}

/** A store that is not open, as a scrub sees it. */
class ClosedStore {
  readonly #opened: OpenDirectory;
  #index: Promise<OrderedIndex | undefined> | undefined;
  #stored: StoredBlobs | undefined;

  constructor(opened: OpenDirectory) {
    this.#opened = opened;
  }

  context(parityDirectory: string | undefined): ScrubContext {
    const { context } = this.#opened;
    return {
      ...context,
      parityDirectory: parityDirectoryOf({
        directory: context.directory,
        storeId: this.#opened.state.storeId,
        elsewhere: parityDirectory,
      }),
      pace: FULL_SPEED,
      isLive: () => true,
      writtenBytes: () => undefined,
      pinned: (read) => read(),
      blobs: (after) => this.#blobs(after),
      hasBlob: () => Promise.resolve(true),
      snapshot: async () => (await this.#openIndex())?.snapshot(),
      checkManifest: () => this.#repairManifest(),
      rebuildIndex: () => this.#removeIndex(),
    };
  }

  async close(): Promise<void> {
    await (await this.#index)?.close();
    await this.#opened.close();
  }

  async *#blobs(after: BlobId | undefined): AsyncGenerator<ExtentBlob> {
    const index = await this.#openIndex();
    if (index === undefined) return;
    this.#stored ??= new StoredBlobs(this.#opened.context, index);
    yield* this.#stored.list(after);
  }

  #openIndex(): Promise<OrderedIndex | undefined> {
    const { index, indexDirectory, storeId } = this.#opened.context;
    // One that cannot be opened is rebuilt by the next opening of the store.
    this.#index ??= index.open(indexDirectory, indexTag(storeId)).catch(() => undefined);
    return this.#index;
  }

  /** It was read and verified when the directory was opened. */
  async #repairManifest(): Promise<ScrubFindings> {
    const { manifest } = this.#opened;
    const { damage } = manifest;
    if (damage === undefined) return NOTHING_FOUND;
    await manifest.repair();
    const what = `${damage.message}; it was written again from its twin`;
    return { repaired: [{ what, file: String(damage.detail["file"]) }], problems: [] };
  }

  /** Before anybody has opened it: a pass begins with the index. */
  async #removeIndex(): Promise<string> {
    const { index, indexDirectory, directory, fileSystem } = this.#opened.context;
    await index.destroy(indexDirectory, fileSystem);
    await fileSystem.syncDirectory(directory);
    return "it was removed, and the next opening builds it anew from the log";
  }
}
