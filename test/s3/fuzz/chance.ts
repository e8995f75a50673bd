import { SeededRandom } from "@firn/core";

/** Random choices of a fuzzer. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** The text, most often; else with pieces dropped, doubled, replaced, and bytes changed. */
  spoiled(text: string, words: readonly string[]): Buffer {
    if (!this.oneIn(3)) return Buffer.from(text);
    const out: string[] = [];
    const rate = this.pick([8, 30, 200]);
    for (const piece of pieces(text)) {
      if (!this.oneIn(rate)) out.push(piece);
      else if (this.oneIn(3)) out.push(piece, piece);
      else if (this.oneIn(2)) out.push(this.pick(words));
    }
    const bytes = Buffer.from(out.join(""));
    while (bytes.length > 0 && this.oneIn(4)) bytes[this.below(bytes.length)] = this.below(256);
    return this.oneIn(10) ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes;
  }
}

function pieces(text: string): string[] {
  return text.match(/<[^>]*>|"[^"]*"|[\w$*-]+|\s+|./gs) ?? [];
}
