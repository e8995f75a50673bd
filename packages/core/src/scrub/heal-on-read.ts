import type { SegmentEntry, SegmentKind } from "../log/manifest.ts";
import type { Position } from "../store-api.ts";
import type { ScrubContext } from "./scrub-context.ts";
import { scrubSegment } from "./scrub-segment.ts";

/**
 * Repairs a segment as soon as a reader meets rot in it, and does not wait for the next scrub. The
 * reader is refused; whoever comes after the repair is served.
 */
export class HealOnRead {
  /** Segments repaired. */
  count = 0;
  readonly #context: ScrubContext;
  /** Under way, or not to be repaired: those are not read again for each reader. */
  readonly #tried = new Set<number>();
  #last: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: ScrubContext) {
    this.#context = context;
  }

  /** Never rejects. */
  run(kind: SegmentKind, position: Position): Promise<void> {
    const { commitFiles, extentFiles } = this.#context;
    const entry = (kind === "commit" ? commitFiles : extentFiles).find(position);
    const isSealed = entry?.sealedBytes !== undefined;
    if (!isSealed || this.#stopped || this.#tried.has(entry.id)) return Promise.resolve();
    this.#tried.add(entry.id);
    this.#last = this.#last.then(() => this.#segment(entry)).catch(() => undefined);
    return this.#last;
  }

  /** Ends behind what is under way, which a stopped budget breaks off. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #segment(entry: SegmentEntry): Promise<void> {
    const { pinned } = this.#context;
    const { repaired, problems } = await pinned(() => scrubSegment(this.#context, entry));
    if (repaired.length === 0 || problems.length > 0) return;
    this.count++;
    this.#tried.delete(entry.id);
  }
}
