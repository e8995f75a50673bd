import type { SimFileSystem } from "../disk/sim-file-system.ts";

/** Where a parity file says how many bytes of its segment it covers. */
const COVERED_AT = 24;
/** Spreads neighbouring numbers over a file. */
const STRIDE = 7919;

/** One byte of a segment with parity that is no longer what it was. */
export class Rot {
  readonly #path: string;
  readonly #offset: number;
  readonly #was: number;

  private constructor(path: string, offset: number, was: number) {
    this.#path = path;
    this.#offset = offset;
    this.#was = was;
  }

  /** Changes one byte, chosen by the number; `undefined` when no segment has parity. */
  static strike(disk: SimFileSystem, place: number): Rot | undefined {
    const files = disk.files();
    const covered = files.filter((path) => /\/parity\/\d{4}\/\d{10}$/.test(path));
    const parity = covered[place % Math.max(1, covered.length)];
    if (parity === undefined) return undefined;
    const name = parity.slice(parity.indexOf("/parity/") + "/parity".length);
    const path = files.find((one) => one.endsWith(name) && /\/(log|extents)\//.test(one));
    if (path === undefined) return undefined;
    const bytes = Buffer.from(disk.peek(parity)).readUInt32LE(COVERED_AT);
    const offset = (place * STRIDE) % Math.min(bytes, disk.peek(path).length);
    const rot = new Rot(path, offset, disk.peek(path)[offset] as number);
    disk.damage(path, offset, () => rot.#changed);
    return rot;
  }

  /** The power failed before anybody repaired it: as if it had not been. */
  undo(disk: SimFileSystem): void {
    if (!disk.files().includes(this.#path)) return;
    if (disk.peek(this.#path)[this.#offset] !== this.#changed) return;
    disk.damage(this.#path, this.#offset, () => this.#was);
  }

  get #changed(): number {
    return this.#was ^ 0x10;
  }
}
