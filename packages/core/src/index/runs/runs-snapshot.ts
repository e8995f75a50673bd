import type { Hasher } from "../../hasher.ts";
import { asBuffer } from "../../log/bytes.ts";
import type { Entry, RangePage } from "../../store-api.ts";
import type { IndexSnapshot } from "../ordered-index.ts";
import { keyHash } from "./bloom-filter.ts";
import { RunCursor } from "./run-cursor.ts";
import type { RunFile } from "./run-file.ts";
import { RunOrder } from "./run-order.ts";

const NOTHING: Buffer = Buffer.alloc(0);
const ZERO: Buffer = Buffer.alloc(1);

/** The newest value of a key among runs, newest first. */
export function lookUp(
  newestFirst: readonly RunFile[],
  key: Buffer,
  hasher: Hasher,
): Uint8Array | undefined {
  const hash = keyHash(hasher.hash(key, 0n));
  for (const run of newestFirst) {
    if (!run.mayHold(hash)) continue;
    const at = run.blockOf(key);
    if (at < 0) continue;
    const found = run.lookUp(at, key);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** The runs of one moment, kept until it is closed. */
export class RunsSnapshot implements IndexSnapshot {
  readonly #runs: readonly RunFile[];
  readonly #hasher: Hasher;
  #closed = false;

  constructor(runs: readonly RunFile[], hasher: Hasher) {
    this.#runs = runs;
    this.#hasher = hasher;
    for (const run of runs) run.retain();
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    return lookUp(this.#runs, asBuffer(key), this.#hasher);
  }

  async page({ gt, gte, lt, lte, reverse = false, limit }: RangePage): Promise<Entry[]> {
    const low = lowest(gte, gt);
    const high = highest(lt, lte);
    const order = new RunOrder(await this.#seek(reverse ? high : low, reverse), reverse);
    const entries: Entry[] = [];
    while (entries.length < limit) {
      const newest = order.first;
      const key = newest?.key;
      if (newest === undefined || key === undefined) break;
      if (reverse ? key.compare(low) < 0 : high !== undefined && key.compare(high) >= 0) break;
      const { value } = newest;
      if (value !== undefined) entries.push({ key, value });
      let next: RunCursor | undefined = newest;
      do {
        const reading = next.advance();
        if (reading !== undefined) await reading;
        order.moved();
        next = order.first;
      } while (next?.key?.equals(key) === true);
    }
    return entries;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const run of this.#runs) run.release();
  }

  /** Newest first, each at its first entry inside. */
  async #seek(bound: Buffer | undefined, reverse: boolean): Promise<RunCursor[]> {
    const cursors = this.#runs.map((run, rank) => new RunCursor(run, rank, reverse));
    const readings = cursors.map((cursor) =>
      bound === undefined && reverse ? cursor.toEnd() : cursor.seek(bound ?? NOTHING),
    );
    if (readings.some((reading) => reading !== undefined)) await Promise.all(readings);
    return cursors;
  }
}

/** The first key inside, whichever way the bound is told. */
function lowest(gte: Uint8Array | undefined, gt: Uint8Array | undefined): Buffer {
  const behind = gt === undefined ? undefined : Buffer.concat([gt, ZERO]);
  const from = gte === undefined ? NOTHING : asBuffer(gte);
  return behind !== undefined && behind.compare(from) > 0 ? behind : from;
}

/** The first key behind the range; `undefined` when it has no end. */
function highest(lt: Uint8Array | undefined, lte: Uint8Array | undefined): Buffer | undefined {
  const behind = lte === undefined ? undefined : Buffer.concat([lte, ZERO]);
  const until = lt === undefined ? undefined : asBuffer(lt);
  if (behind === undefined || until === undefined) return until ?? behind;
  return behind.compare(until) < 0 ? behind : until;
}
