import { Latencies } from "./latencies.ts";

export interface Driven {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** `depth` loops, each with one call in flight, for `seconds`. Rejections end the run. */
export async function drive(
  depth: number,
  seconds: number,
  call: (worker: number) => Promise<unknown>,
): Promise<Driven> {
  const latencies = new Latencies();
  const start = performance.now();
  const end = start + seconds * 1000;
  const loop = async (worker: number): Promise<void> => {
    for (let before = performance.now(); before < end;) {
      await call(worker);
      const after = performance.now();
      latencies.add(after - before);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: depth }, (_, worker) => loop(worker)));
  const elapsedSeconds = (performance.now() - start) / 1000;
  return {
    perSecond: latencies.count / elapsedSeconds,
    p50Ms: latencies.quantile(0.5),
    p99Ms: latencies.quantile(0.99),
    worstMs: latencies.worst,
  };
}
