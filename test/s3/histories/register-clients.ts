import type { SeededRandom } from "@firn/core";
import { checkRegister } from "@firn/testing";
import type { RegisterOperation, RegisterValue } from "@firn/testing";
import { valueName } from "./object-registers.ts";
import type { ObjectRegisters, Verdict } from "./object-registers.ts";

/*
 * Clients that work on the same few keys at once, until they are told to stop or what they work on
 * goes down, and the record of what each was told. A cycle ends with nothing under way, so each is
 * a history of its own, which begins with what the one before ended with.
 */

export interface RegisterClientsOptions {
  readonly random: SeededRandom;
  readonly keys: readonly string[];
  readonly clients: number;
  /** Sizes of bodies to choose from. At least 24 bytes each. */
  readonly sizes: readonly number[];
}

export interface Cycle {
  readonly registers: ObjectRegisters;
  /** Settles when what is worked on goes down: what is under way then may or may not happen. */
  readonly down: Promise<unknown>;
  /** True when a client shall begin nothing more. */
  readonly isOver: () => boolean;
  /** Before each call. */
  readonly pause?: (() => Promise<unknown>) | undefined;
}

const UNKNOWN = Symbol("unknown");
type Answer<T> = T | typeof UNKNOWN;

export class RegisterClients {
  /** Calls that were made, in all cycles. */
  operations = 0;
  /** Of them, calls whose end nobody knows. */
  unknown = 0;
  readonly #options: RegisterClientsOptions;
  readonly #initially = new Map<string, RegisterValue>();
  /** What was read or written last of a key: likely to be there still. */
  readonly #recent = new Map<string, RegisterValue>();
  #history = new Map<string, RegisterOperation[]>();
  #moment = 0;
  #values = 0;

  constructor(options: RegisterClientsOptions) {
    this.#options = options;
  }

  /** Calls that were made since the last check. */
  get pending(): number {
    return [...this.#history.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Runs all clients until they are over. */
  async run(cycle: Cycle): Promise<void> {
    const { clients } = this.#options;
    await Promise.all(Array.from({ length: clients }, () => this.#client(cycle)));
  }

  /**
   * Reads what the keys hold now that nothing is under way, and looks for an order that explains
   * all of it. Returns what cannot be explained.
   */
  async check(registers: ObjectRegisters): Promise<unknown[]> {
    const faults: unknown[] = [];
    for (const key of this.#options.keys) {
      const call = ++this.#moment;
      const value = await registers.read(key);
      this.#note(key, { kind: "read", call, answer: ++this.#moment, value });
      const fault = checkRegister(this.#history.get(key) ?? [], this.#initially.get(key));
      if (fault !== undefined) faults.push({ key, fault });
      this.#initially.set(key, value);
      this.#recent.set(key, value);
    }
    this.#history = new Map();
    return faults;
  }

  async #client(cycle: Cycle): Promise<void> {
    while (!cycle.isOver()) {
      await cycle.pause?.();
      const alive = await this.#step(cycle);
      if (!alive) return;
    }
  }

  /** False when it went down meanwhile. */
  async #step(cycle: Cycle): Promise<boolean> {
    const { random } = this.#options;
    const key = this.#key();
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        return await this.#read(cycle, key);
      case 3:
        return await this.#write(cycle, key, random.below(6) === 0);
      case 4:
        return await this.#delete(cycle, key);
      case 5:
        return await this.#deleteValue(cycle, key);
      case 6:
        return await this.#copy(cycle, key);
      case 7:
        return await this.#create(cycle, key, random.below(4) === 0);
      default:
        return await this.#replace(cycle, key);
    }
  }

  async #read(cycle: Cycle, key: string): Promise<boolean> {
    const { call, answer, end } = await this.#call(cycle, () => cycle.registers.read(key));
    // A read that nobody heard of is no read.
    if (answer === UNKNOWN) return false;
    this.#recent.set(key, answer);
    this.#note(key, { kind: "read", call, answer: end, value: answer });
    return true;
  }

  async #write(cycle: Cycle, key: string, inParts: boolean): Promise<boolean> {
    const value = this.#value();
    const { registers } = cycle;
    const { call, answer, end } = await this.#call(cycle, async () => {
      if (inParts) await registers.complete(key, value, false);
      else await registers.write(key, value);
    });
    this.#note(key, { kind: "write", call, answer: end, value });
    return this.#wrote(key, value, answer);
  }

  async #delete(cycle: Cycle, key: string): Promise<boolean> {
    const { call, answer, end } = await this.#call(cycle, () => cycle.registers.delete(key));
    this.#note(key, { kind: "write", call, answer: end, value: undefined });
    return this.#wrote(key, undefined, answer);
  }

  async #create(cycle: Cycle, key: string, inParts: boolean): Promise<boolean> {
    const value = this.#value();
    const { registers } = cycle;
    const work = (): Promise<Verdict> =>
      inParts ? registers.complete(key, value, true) : registers.create(key, value);
    return await this.#swap(cycle, { key, expected: undefined, value, work });
  }

  async #replace(cycle: Cycle, key: string): Promise<boolean> {
    const expected = this.#recent.get(key);
    if (expected === undefined) return await this.#create(cycle, key, false);
    const value = this.#value();
    const work = (): Promise<Verdict> => cycle.registers.replace(key, { expected, value });
    return await this.#swap(cycle, { key, expected, value, work });
  }

  async #deleteValue(cycle: Cycle, key: string): Promise<boolean> {
    const expected = this.#recent.get(key);
    if (expected === undefined) return await this.#read(cycle, key);
    const work = (): Promise<Verdict> => cycle.registers.deleteValue(key, expected);
    return await this.#swap(cycle, { key, expected, value: undefined, work });
  }

  async #swap(
    cycle: Cycle,
    {
      key,
      expected,
      value,
      work,
    }: {
      readonly key: string;
      readonly expected: RegisterValue;
      readonly value: RegisterValue;
      readonly work: () => Promise<Verdict>;
    },
  ): Promise<boolean> {
    const { call, answer, end } = await this.#call(cycle, work);
    const done = answer === "done";
    this.#note(key, { kind: "swap", call, answer: end, expected, value, done });
    if (answer === "refused") return true;
    return this.#wrote(key, value, answer);
  }

  /** Reads one key and writes another: what it says of each must hold by itself. */
  async #copy(cycle: Cycle, from: string): Promise<boolean> {
    const expected = this.#recent.get(from);
    const to = this.#key();
    if (expected === undefined || to === from) return await this.#read(cycle, from);
    const work = (): Promise<Verdict> => cycle.registers.copy({ from, to }, expected);
    const { call, answer, end } = await this.#call(cycle, work);
    if (answer !== UNKNOWN) {
      const done = answer === "done";
      this.#note(from, { kind: "swap", call, answer: end, expected, value: expected, done });
    }
    if (answer === "refused") return true;
    this.#note(to, { kind: "write", call, answer: end, value: expected });
    return this.#wrote(to, expected, answer);
  }

  #wrote(key: string, value: RegisterValue, answer: unknown): boolean {
    this.#recent.set(key, value);
    return answer !== UNKNOWN;
  }

  /** Waits for the answer, or until it goes down. */
  async #call<T>(
    cycle: Cycle,
    work: () => Promise<T>,
  ): Promise<{ call: number; answer: Answer<T>; end: number | undefined }> {
    this.operations++;
    const call = ++this.#moment;
    const answered = work().then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    const outcome = await Promise.race([cycle.down.then(() => UNKNOWN), answered]);
    if (outcome === UNKNOWN) {
      this.unknown++;
      return { call, answer: UNKNOWN, end: undefined };
    }
    const told = outcome as Awaited<typeof answered>;
    if ("error" in told) throw told.error;
    return { call, answer: told.result, end: ++this.#moment };
  }

  #note(key: string, operation: RegisterOperation): void {
    const history = this.#history.get(key) ?? [];
    history.push(operation);
    this.#history.set(key, history);
  }

  #key(): string {
    const { random, keys } = this.#options;
    return keys[random.below(keys.length)] as string;
  }

  #value(): string {
    const { random, sizes } = this.#options;
    return valueName(++this.#values, sizes[random.below(sizes.length)] as number);
  }
}
