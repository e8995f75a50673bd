/*
 * Holds a volume to what its type promises: operations and bytes a second, and the credits that
 * let small gp2, st1 and sc1 volumes run faster for a while.
 *
 * Every limit is a token bucket that may go into debt: an operation takes its cost at once and
 * waits until the debt is paid, so that those that queue are served in order, each at its own time.
 * A credit bucket fills at the type's base rate and is spent by all operations; a limiter of one
 * second's depth beside it keeps bursts at the burst rate. When the credits are gone, what is left
 * is the base rate.
 *
 * Costs: an SSD counts each 256 KiB begun, a disk each 1 MiB begun; what goes on where the last one
 * ended is merged with it and counts by its bytes.
 */
import { pause, type Clock } from "@firn/core";
import type { VolumePerformance } from "./volume-types.ts";

const KIB = 1024;
const MIB: number = KIB * KIB;
const TIB: number = MIB * MIB;
const GIB_PER_TIB = 1024;
/** What one operation of an SSD type carries at the most. */
const SSD_OPERATION_BYTES: number = 256 * KIB;
/** What one operation of a disk carries: a smaller one at a random place costs as much. */
const HDD_OPERATION_BYTES: number = MIB;
const GP2_BURST_IOPS = 3000;
/** Operations: 30 minutes at 3000 a second. */
const GP2_CREDITS = 5_400_000;
const STANDARD_IOPS = { rate: 100, burst: 300 };

/** What handles wait for. */
export interface Throttled {
  take(offset: number, length: number): Promise<void>;
}

interface Limit {
  readonly unit: "operations" | "bytes";
  readonly perSecond: number;
  /** Tokens that it holds when nothing has been taken for long. */
  readonly depth: number;
  /** Its level is the burst balance. */
  readonly credit: boolean;
}

/** The limits of a volume. @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
function limitsOf(performance: VolumePerformance): readonly Limit[] {
  const { volumeType, sizeGiB, iops = 0, throughput = 0 } = performance;
  const tib = sizeGiB / GIB_PER_TIB;
  switch (volumeType) {
    case "gp2": {
      const bytes = perSecond("bytes", (sizeGiB <= 170 ? 128 : 250) * MIB);
      if (iops >= GP2_BURST_IOPS) return [perSecond("operations", iops), bytes];
      const credits = { unit: "operations", perSecond: iops, depth: GP2_CREDITS } as const;
      return [perSecond("operations", GP2_BURST_IOPS), credit(credits), bytes];
    }
    case "gp3":
      return [perSecond("operations", iops), perSecond("bytes", throughput * MIB)];
    case "io1": {
      const mib = iops <= 32_000 ? Math.min(500, iops / 4) : Math.min(1000, iops / 64);
      return [perSecond("operations", iops), perSecond("bytes", mib * MIB)];
    }
    case "io2":
      return [perSecond("operations", iops), perSecond("bytes", Math.min(4000, iops / 4) * MIB)];
    case "st1":
      return diskLimits(tib, { base: Math.min(500, 40 * tib), burst: Math.min(500, 250 * tib) });
    case "sc1":
      return diskLimits(tib, { base: Math.min(192, 12 * tib), burst: Math.min(250, 80 * tib) });
    case "standard": {
      const { rate, burst } = STANDARD_IOPS;
      const operations = { unit: "operations", perSecond: rate, depth: burst } as const;
      return [{ ...operations, credit: false }, perSecond("bytes", 90 * MIB)];
    }
  }
}

/** MiB a second of a disk: credits of one TiB for each TiB of it. */
function diskLimits(tib: number, rates: { base: number; burst: number }): readonly Limit[] {
  const credits = { unit: "bytes", perSecond: rates.base * MIB, depth: tib * TIB } as const;
  return [perSecond("bytes", rates.burst * MIB), credit(credits)];
}

function perSecond(unit: Limit["unit"], rate: number): Limit {
  return { unit, perSecond: rate, depth: rate, credit: false };
}

function credit(limit: Omit<Limit, "credit">): Limit {
  return { ...limit, credit: true };
}

interface Bucket {
  readonly limit: Limit;
  level: number;
}

/** The buckets of one volume, shared by all of its handles. They begin full. */
export class VolumeThrottle implements Throttled {
  readonly #clock: Clock;
  #buckets: Bucket[];
  #operationBytes: number;
  #filledMs: number;
  /** Where the last operation ended. */
  #lastEnd = -1;

  constructor(clock: Clock, performance: VolumePerformance) {
    this.#clock = clock;
    this.#filledMs = clock.now();
    this.#buckets = limitsOf(performance).map((limit) => ({ limit, level: limit.depth }));
    this.#operationBytes = operationBytes(performance);
  }

  /** The volume has been modified: new limits, and the credits that were left. */
  change(performance: VolumePerformance): void {
    const balance = this.burstBalance;
    this.#buckets = limitsOf(performance).map((limit) => {
      const part = limit.credit ? (balance ?? 100) / 100 : 1;
      return { limit, level: limit.depth * part };
    });
    this.#operationBytes = operationBytes(performance);
  }

  /** Percent of the credits that are left, 0 to 100; `undefined` for types without credits. */
  get burstBalance(): number | undefined {
    this.#fill();
    const bucket = this.#buckets.find(({ limit }) => limit.credit);
    if (bucket === undefined) return undefined;
    return (Math.max(0, bucket.level) / bucket.limit.depth) * 100;
  }

  /** Resolves when the operation may begin. */
  async take(offset: number, length: number): Promise<void> {
    const delayMs = this.delayOf(offset, length);
    if (delayMs > 0) await pause(this.#clock, delayMs);
  }

  /** Takes an operation's cost; how many milliseconds it has to wait. */
  delayOf(offset: number, length: number): number {
    this.#fill();
    const whole = Math.ceil(length / this.#operationBytes);
    const operations = offset === this.#lastEnd ? length / this.#operationBytes : whole;
    this.#lastEnd = offset + length;
    let delayMs = 0;
    for (const bucket of this.#buckets) {
      const { unit, perSecond: rate } = bucket.limit;
      const isDisk = this.#operationBytes === HDD_OPERATION_BYTES;
      const bytes = isDisk ? operations * HDD_OPERATION_BYTES : length;
      bucket.level -= unit === "operations" ? operations : bytes;
      if (bucket.level < 0) delayMs = Math.max(delayMs, (-bucket.level / rate) * 1000);
    }
    return delayMs;
  }

  #fill(): void {
    const nowMs = this.#clock.now();
    const seconds = Math.max(0, nowMs - this.#filledMs) / 1000;
    this.#filledMs = nowMs;
    for (const bucket of this.#buckets) {
      const { perSecond: rate, depth } = bucket.limit;
      bucket.level = Math.min(depth, bucket.level + seconds * rate);
    }
  }
}

function operationBytes({ volumeType }: VolumePerformance): number {
  const isDisk = volumeType === "st1" || volumeType === "sc1";
  return isDisk ? HDD_OPERATION_BYTES : SSD_OPERATION_BYTES;
}
