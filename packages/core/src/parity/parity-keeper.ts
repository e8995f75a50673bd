import { PARITY_COLD_AFTER_MS, PARITY_TICK_MS } from "../constants.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { Clock } from "../platform/clock.ts";
import type { ScrubContext } from "../scrub/scrub-context.ts";
import { scrubBlobs } from "../scrub/scrub-blobs.ts";
import { verifySegment } from "../check/verify-segment.ts";
import type { ParitySegments, ParityStatus } from "../status-api.ts";
import { makeParity } from "./make-parity.ts";
import { ParityCode } from "./parity-code.ts";
import { parityPath } from "./parity-layout.ts";

export interface ParityOptions {
  /** Which segments get parity. Default "none". */
  readonly segments: ParitySegments;
  /**
   * Where the files lie: absolute; default the store's own directory. On another disk they survive
   * the loss of this one's sectors together with a quarter of each segment.
   */
  readonly directory?: string | undefined;
  /**
   * A segment that was sealed this long ago (real time, default 10 minutes) is cold; one that a
   * former process left is so at once.
   */
  readonly coldAfterMs?: number | undefined;
  /** Bytes per second that it reads and writes at the most. Default 64 MiB. */
  readonly rate?: number | undefined;
}

/** Makes parity of cold segments in the background, and removes that of segments that are gone. */
export class ParityKeeper {
  readonly #context: ScrubContext;
  readonly #options: ParityOptions;
  readonly #clock: Clock;
  /** When each sealed segment was first seen. */
  readonly #sealedAt = new Map<number, number>();
  /** Segments that have parity, with the bytes of their files. */
  readonly #done = new Map<number, number>();
  /** Which segments there were when the directory was last looked through. */
  #swept = "";
  #code: ParityCode | undefined;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;
  #failure: string | undefined;

  /** @param clock real time. */
  constructor(context: ScrubContext, options: ParityOptions, clock: Clock) {
    this.#context = context;
    this.#options = options;
    this.#clock = clock;
    for (const { id } of this.#sealed()) this.#sealedAt.set(id, -Infinity);
  }

  get status(): Omit<ParityStatus, "healed"> {
    const sealed = this.#sealed();
    const covered = sealed.filter(({ id }) => this.#done.has(id)).length;
    const { segments } = this.#options;
    return { segments, covered, waiting: sealed.length - covered, failure: this.#failure };
  }

  /** Bytes of the parity files. */
  get bytes(): number {
    return [...this.#done.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Looks for cold segments every few seconds, from now on. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.schedule(PARITY_TICK_MS, () => {
      void this.run().finally(() => this.start());
    });
  }

  /** Resolves when every segment that is cold now has its parity. Never rejects: see `status`. */
  run(): Promise<void> {
    this.#running ??= this.#run()
      .catch((error: unknown) => {
        this.#failure = (error as Error).message;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** The budget must have been stopped, or it ends behind what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const segments = this.#sealed();
    const now = this.#clock.monotonicMs();
    for (const { id } of segments) if (!this.#sealedAt.has(id)) this.#sealedAt.set(id, now);
    await this.#sweep();
    const { coldAfterMs = PARITY_COLD_AFTER_MS } = this.#options;
    const cold = segments.filter(({ id }) => {
      return !this.#done.has(id) && now - (this.#sealedAt.get(id) ?? now) >= coldAfterMs;
    });
    if (cold.length === 0) return;
    const sound = await this.#soundExtents(cold);
    this.#failure = undefined;
    for (const entry of cold) {
      if (this.#stopped) return;
      if (!this.#context.isLive(entry)) continue;
      await this.#context.pinned(() => this.#make(entry, sound));
    }
  }

  async #make(entry: SegmentEntry, soundExtents: ReadonlySet<number>): Promise<void> {
    const { parityDirectory, fileSystem, identity, pace } = this.#context;
    const files = entry.kind === "commit" ? this.#context.commitFiles : this.#context.extentFiles;
    const sound = entry.kind === "extent" ? soundExtents.has(entry.id) : await this.#isSound(entry);
    if (!sound) {
      this.#failure = `segment ${entry.id} does not verify: it gets no parity`;
      return;
    }
    const bytes = entry.sealedBytes as number;
    this.#code ??= new ParityCode();
    const place = { fileSystem, hasher: identity.hasher, directory: parityDirectory };
    const home = { ...place, code: this.#code };
    const { handle, release } = await files.borrow(entry);
    try {
      this.#done.set(entry.id, await makeParity(home, { entry, bytes, handle }, pace));
    } finally {
      release();
    }
  }

  async #isSound(entry: SegmentEntry): Promise<boolean> {
    const { pace } = this.#context;
    const pause = async (bytes: number): Promise<void> => {
      await pace.take(bytes);
      await pace.slice();
    };
    const { faults } = await verifySegment(this.#context, entry, { after: 0, pause });
    return faults.every(({ harmless }) => harmless === true);
  }

  /** Extent segments whose blobs all verify: parity would keep rot for ever. */
  async #soundExtents(cold: readonly SegmentEntry[]): Promise<ReadonlySet<number>> {
    const sound = new Set(cold.filter(({ kind }) => kind === "extent").map(({ id }) => id));
    if (sound.size === 0) return sound;
    const others = this.#context.extentFiles.entries.filter(({ id }) => !sound.has(id));
    const covered = new Set(others.map(({ id }) => id));
    const onBlob = (): Promise<void> => Promise.resolve();
    for await (const { segment } of scrubBlobs(this.#context, { covered, onBlob })) {
      if (segment !== undefined) sound.delete(segment);
    }
    return sound;
  }

  #sealed(): SegmentEntry[] {
    const { segments } = this.#options;
    const { commitFiles, extentFiles } = this.#context;
    const extents = segments === "none" ? [] : extentFiles.entries;
    const commits = segments === "all" ? commitFiles.entries : [];
    return [...commits, ...extents].filter(({ sealedBytes }) => sealedBytes !== undefined);
  }

  /** Follows what is there: files of segments that are no longer live go. */
  async #sweep(): Promise<void> {
    const { fileSystem, parityDirectory, commitFiles, extentFiles } = this.#context;
    const ids = [...commitFiles.entries, ...extentFiles.entries].map(({ id }) => id);
    const asOf = ids.join();
    if (asOf === this.#swept) return;
    const live = new Map(ids.map((id) => [parityPath(parityDirectory, id), id]));
    const found = new Set<number>();
    for (const folder of await fileSystem.list(parityDirectory)) {
      for (const name of await fileSystem.list(`${parityDirectory}/${folder}`)) {
        const path = `${parityDirectory}/${folder}/${name}`;
        const id = live.get(path);
        if (id === undefined) await fileSystem.remove(path);
        else found.add(id);
      }
    }
    for (const id of this.#done.keys()) if (!found.has(id)) this.#done.delete(id);
    const known = new Set(ids);
    for (const id of this.#sealedAt.keys()) if (!known.has(id)) this.#sealedAt.delete(id);
    for (const id of found) if (!this.#done.has(id)) await this.#noteFile(id);
    this.#swept = asOf;
  }

  async #noteFile(id: number): Promise<void> {
    const { fileSystem, parityDirectory } = this.#context;
    const file = await fileSystem.open(parityPath(parityDirectory, id), { create: false });
    try {
      this.#done.set(id, await file.size());
    } finally {
      await file.close();
    }
  }
}
