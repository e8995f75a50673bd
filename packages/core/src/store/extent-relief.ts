import { isRefusal } from "../log/create-segment.ts";
import type { BlobCompaction } from "../store-api.ts";
import type { BlobCompactionOptions, BlobCompactor } from "./blob-compactor.ts";
import type { DiskReserve } from "../log/disk-reserve.ts";

/** Only segments that are garbage from end to end: nothing of them has to be written anew. */
const WHOLLY_DEAD: BlobCompactionOptions = { minGarbage: 1 };

/**
 * Blob compaction that works on a full disk too. A manifest without the dead segments is all that
 * has to be written to be rid of them, and for that much there is always room: a spare file is kept
 * from the first extents on, and given back when the disk refuses.
 */
export class ExtentRelief {
  readonly #compactor: BlobCompactor;
  readonly #spare: DiskReserve;
  #holding: Promise<boolean> | undefined;
  #isHeld = false;

  constructor(compactor: BlobCompactor, spare: DiskReserve) {
    this.#compactor = compactor;
    this.#spare = spare;
  }

  /** Bulk bytes have been stored: their room must be able to come back. */
  keepSpare(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#holding = this.#spare.hold().finally(() => {
      this.#holding = undefined;
    });
  }

  /** As `BlobCompactor.run`; where the disk has no room for it, drops at least what is dead. */
  async run(options: BlobCompactionOptions): Promise<BlobCompaction> {
    try {
      return await this.#compactor.run(options);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#holding;
      await this.#spare.release();
      try {
        return await this.#compactor.run(WHOLLY_DEAD);
      } finally {
        await this.#spare.hold();
      }
    }
  }

  /** Resolves when nothing is written any more. */
  async settled(): Promise<void> {
    await this.#holding;
  }
}
