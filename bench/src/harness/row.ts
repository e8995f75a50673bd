/** One line of a result: what one contender reached in one workload, over all runs. */
export interface Row {
  readonly workload: string;
  readonly contender: string;
  /** What the figures count: `puts/s`, `ms`, `MiB/s`. */
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many runs the figures come from. */
  readonly runs: number;
}

/** What one run of one contender measured: a figure per unit. */
export type Sample = Readonly<Record<string, number>>;

/** A row per unit. The order of units is the first sample's. */
export function toRows(workload: string, contender: string, samples: readonly Sample[]): Row[] {
  const units = Object.keys(samples[0] ?? {});
  return units.map((unit) => {
    const values = samples.map((sample) => sample[unit] ?? Number.NaN).sort((a, b) => a - b);
    return {
      workload,
      contender,
      unit,
      median: round(medianOf(values)),
      min: round(values[0] ?? Number.NaN),
      max: round(values.at(-1) ?? Number.NaN),
      runs: values.length,
    };
  });
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Three digits say all that a run on shared cores can. */
function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
