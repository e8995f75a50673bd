/** Times of single calls, by quantile; a reservoir bounds what a long run keeps. */
const SAMPLES_MAX = 200_000;

export class Latencies {
  readonly #samples = new Float64Array(SAMPLES_MAX);
  #seen = 0;
  /** The longest of all, whatever was kept. */
  worst = 0;

  add(milliseconds: number): void {
    const slot =
      this.#seen < SAMPLES_MAX ? this.#seen : Math.floor(Math.random() * (this.#seen + 1));
    if (slot < SAMPLES_MAX) this.#samples[slot] = milliseconds;
    this.#seen++;
    this.worst = Math.max(this.worst, milliseconds);
  }

  get count(): number {
    return this.#seen;
  }

  /** `p` in [0, 1]. */
  quantile(p: number): number {
    const kept = this.#samples.subarray(0, Math.min(this.#seen, SAMPLES_MAX)).slice().sort();
    return kept[Math.min(kept.length - 1, Math.floor(p * kept.length))] ?? Number.NaN;
  }
}
