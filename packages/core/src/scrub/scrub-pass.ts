import { SCRUB_PROBLEMS_MAX } from "../constants.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { Pace } from "../parity/parity-blocks.ts";
import { ParityHead } from "../parity/parity-head.ts";
import { parityLayout, parityPath } from "../parity/parity-layout.ts";
import type { CareProblem, ScrubProgress } from "../status-api.ts";
import type { BlobId } from "../store-api.ts";
import { scrubBlobs } from "./scrub-blobs.ts";
import type { ScrubContext, ScrubFindings } from "./scrub-context.ts";
import { openIfThere, scrubSegment } from "./scrub-segment.ts";

/** How far a pass has come: everything up to a segment, then everything up to a blob. */
export interface ScrubPosition {
  readonly segment?: number | undefined;
  readonly blob?: BlobId | undefined;
}

export interface ScrubPassOptions {
  readonly from?: ScrubPosition | undefined;
  readonly onProgress?: ((progress: ScrubProgress) => void) | undefined;
  readonly onPosition?: ((position: ScrubPosition) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One reading of every byte of a store: manifest, index, segments with their parity, blobs. */
export class ScrubPass {
  readonly repaired: CareProblem[] = [];
  readonly problems: CareProblem[] = [];
  bytes = 0;
  files = 0;
  readonly #context: ScrubContext;
  readonly #options: ScrubPassOptions;
  #totalBytes = 0;
  #file = "";

  constructor(context: ScrubContext, options: ScrubPassOptions) {
    this.#context = { ...context, pace: this.#counting(context.pace) };
    this.#options = options;
  }

  get totalBytes(): number {
    return Math.max(this.#totalBytes, this.bytes);
  }

  /** @throws the signal's reason; FIRN_STORE_CLOSED. */
  async run(): Promise<void> {
    const { from } = this.#options;
    const entries = this.#entries();
    const covered = new Set<number>();
    for (const entry of entries) if (await this.#hasParity(entry)) covered.add(entry.id);
    this.#totalBytes = entries.reduce((sum, entry) => sum + bytesOf(entry, covered), 0);
    this.#begin(`${this.#context.directory}/manifest`);
    this.#note(await this.#context.checkManifest());
    await this.#index();
    for (const entry of entries) {
      if (entry.id <= (from?.segment ?? 0)) this.bytes += bytesOf(entry, covered);
      else if (this.#context.isLive(entry)) await this.#segment(entry, covered);
    }
    await this.#blobs(covered);
  }

  async #index(): Promise<void> {
    const { index, indexDirectory, pace, rebuildIndex } = this.#context;
    if (index.verifyFiles === undefined) return;
    this.#begin(indexDirectory);
    const faults = await index.verifyFiles(indexDirectory, pace);
    if (faults.length === 0) return;
    const done = await rebuildIndex(faults);
    this.#note({
      repaired: faults.map(({ what, file, offset }) => {
        return { what: `the index is damaged (${what}); ${done}`, file, offset };
      }),
      problems: [],
    });
  }

  async #segment(entry: SegmentEntry, covered: Set<number>): Promise<void> {
    const { commitFiles, pinned } = this.#context;
    this.#begin(commitFiles.path(entry));
    const found = await pinned(() => scrubSegment(this.#context, entry));
    this.#note(found);
    if (found.whole) covered.add(entry.id);
    else covered.delete(entry.id);
    await this.#options.onPosition?.({ segment: entry.id });
  }

  async #blobs(covered: ReadonlySet<number>): Promise<void> {
    const { from, onPosition } = this.#options;
    const segment = this.#entries().at(-1)?.id;
    this.#file = `${this.#context.directory}/extents`;
    const onBlob = async (blob: BlobId): Promise<void> => onPosition?.({ segment, blob });
    for await (const problem of scrubBlobs(this.#context, { covered, after: from?.blob, onBlob })) {
      this.#note({ repaired: [], problems: [problem] });
    }
  }

  async #hasParity(entry: SegmentEntry): Promise<boolean> {
    const { fileSystem, identity, parityDirectory } = this.#context;
    if (entry.sealedBytes === undefined) return false;
    const file = await openIfThere(fileSystem, parityPath(parityDirectory, entry.id));
    if (file === undefined) return false;
    try {
      const segment = { entry, layout: parityLayout(entry.sealedBytes) };
      return (await ParityHead.read(file, segment, identity.hasher)) !== undefined;
    } finally {
      await file.close();
    }
  }

  #entries(): SegmentEntry[] {
    const { commitFiles, extentFiles } = this.#context;
    return [...commitFiles.entries, ...extentFiles.entries].sort((a, b) => a.id - b.id);
  }

  #begin(file: string): void {
    this.#file = file;
    this.files++;
  }

  #note({ repaired, problems }: ScrubFindings): void {
    this.repaired.push(...repaired.slice(0, SCRUB_PROBLEMS_MAX - this.repaired.length));
    this.problems.push(...problems.slice(0, SCRUB_PROBLEMS_MAX - this.problems.length));
  }

  #counting(pace: Pace): Pace {
    return {
      take: async (bytes) => {
        const { signal, onProgress } = this.#options;
        signal?.throwIfAborted();
        await pace.take(bytes);
        this.bytes += bytes;
        onProgress?.({ bytes: this.bytes, totalBytes: this.totalBytes, file: this.#file });
      },
      slice: () => pace.slice(),
    };
  }
}

/** What verifying it reads; of an extent segment without parity, what its blobs may be at most. */
function bytesOf(entry: SegmentEntry, covered: ReadonlySet<number>): number {
  const bytes = entry.sealedBytes ?? 0;
  return covered.has(entry.id) ? parityLayout(bytes).fileBytes + bytes : bytes;
}
