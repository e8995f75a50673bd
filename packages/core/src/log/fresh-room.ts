/**
 * Decides whether room in front of the head is zeroed, or left for groups to take as they come.
 *
 * Zeros cost the disk every byte twice, and save each sync the file system's own commit: worth it
 * for small groups, of which there are many, and not for large ones (docs/decisions/0005). What is
 * left fresh may meet a full disk in the middle of a group, when others have taken what was free:
 * so it is left only where a multiple of it is free, and while a reserve is held that is given back
 * for the group that finds no room all the same.
 */
import type { LogHome } from "./log-home.ts";

/** Groups that the average remembers: it follows a change of load within milliseconds. */
const AVERAGE_GROUPS = 32;
/** Free segments on the disk without which all room is zeroed. */
const FREE_SEGMENTS_MIN = 4;
/** Steps of a segment. Two of them, a group and what is under way fit into the reserve. */
const STEPS = 16;

export class FreshRoom {
  readonly #home: LogHome;
  #groups = 0;
  #groupBytes = 0;
  /** At the last look the disk had plenty. */
  #isFree = false;
  /** The reserve could not be taken; while it is being written, it counts as taken. */
  #lacksReserve = false;
  #holding: Promise<void> | undefined;

  constructor(home: LogHome) {
    this.#home = home;
  }

  /** A group of so many bytes was appended. */
  note(bytes: number): void {
    this.#groups = Math.min(this.#groups + 1, AVERAGE_GROUPS);
    this.#groupBytes += (bytes - this.#groupBytes) / this.#groups;
  }

  /** Most likely the next step is left as it is. */
  get isLeft(): boolean {
    return this.#isWanted && this.#isFree && !this.#lacksReserve;
  }

  /** Are groups so large that they do better without zeros? */
  get #isWanted(): boolean {
    return this.#groupBytes >= this.#home.limits.freshGroupBytes;
  }

  /** What is left at a time, each time after a look at what the disk has left. */
  get stepBytes(): number {
    return Math.floor(this.#home.limits.segmentBytes / STEPS);
  }

  /**
   * May so many bytes be left as they are? Takes the reserve if need be, and does not wait for it:
   * writers would, and there was plenty of room a moment ago.
   */
  async mayLeave(bytes: number): Promise<boolean> {
    const { fileSystem, directory, limits, reserve } = this.#home;
    if (!this.#isWanted || bytes > reserve.bytes / 2) return false;
    const free = await fileSystem.freeBytes(directory);
    this.#isFree = free >= FREE_SEGMENTS_MIN * limits.segmentBytes;
    if (this.#isFree && !reserve.isHeld) this.#holding = this.#hold();
    return this.#isFree && !this.#lacksReserve;
  }

  async #hold(): Promise<void> {
    this.#lacksReserve = !(await this.#home.reserve.hold());
  }

  /** Waits for what is still being written of the reserve. */
  async close(): Promise<void> {
    await this.#holding;
  }
}
