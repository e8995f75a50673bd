import type { ServerProcess } from "./server-process.ts";

/** One engine's part of the mixed load, with the ledger of what was acknowledged. */
export interface Load {
  readonly name: string;
  /** Calls that were answered with success. */
  readonly acknowledged: number;
  /** Once: what the load works in. */
  prepare(server: ServerProcess): Promise<void>;
  /** Works until `dead` fires or the server is gone; rejects when the server answers wrongly. */
  run(server: ServerProcess, dead: AbortSignal): Promise<void>;
  /**
   * After a restart: all that was acknowledged is there, nothing is half there. `everything` looks
   * at all of it, otherwise at what the last run touched.
   */
  verify(server: ServerProcess, everything: boolean): Promise<void>;
}

/**
 * What is known of one thing that one client alone changes: its last acknowledged value, and those
 * whose answer never came. After a crash it must hold one of them; the look then decides which.
 */
export class Register<V> {
  #known: V;
  #maybe: V[] = [];
  readonly #equal: (a: V, b: V) => boolean;

  constructor(initial: V, equal: (a: V, b: V) => boolean) {
    this.#known = initial;
    this.#equal = equal;
  }

  get known(): V {
    return this.#known;
  }

  /** Before the call. */
  attempt(value: V): void {
    this.#maybe.push(value);
  }

  /** After its answer: it counts from now on. */
  acknowledge(value: V): void {
    this.#known = value;
    this.#maybe = [];
  }

  get candidates(): readonly V[] {
    return [this.#known, ...this.#maybe];
  }

  /** @throws when `value` is none that it may be. */
  settle(what: string, value: V): void {
    if (!this.candidates.some((one) => this.#equal(one, value))) {
      const allowed = this.candidates.map((one) => JSON.stringify(one)).join(" or ");
      throw new Error(`${what} is ${JSON.stringify(value)}, but was acknowledged as ${allowed}`);
    }
    this.acknowledge(value);
  }
}

/** The failure travels back faster than the news of the kill, at times. */
const NEWS_MS = 25;

/** Tells calls that the server's death cut off from calls that failed. */
export class DeathWatch {
  /** Calls that the kills cut off: with none, the kills prove little. */
  cutOff = 0;

  /**
   * Runs `step`. A call that the server's death cut off is no fault; one that fails while it
   * lives, or that it answers with an error, is.
   */
  async once(dead: AbortSignal, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
      const { httpStatusCode } = (error as SdkError).$metadata ?? {};
      const answered = httpStatusCode !== undefined && httpStatusCode >= 400;
      if (!dead.aborted || answered) throw error;
      this.cutOff++;
    }
  }

  /** Runs `step` again and again until the server is dead. */
  async until(dead: AbortSignal, step: () => Promise<void>): Promise<void> {
    while (!dead.aborted) await this.once(dead, step);
  }
}

interface SdkError {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** `bytes` bytes that no other id has, at no offset. */
export function contentOf(id: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${id.padEnd(37, ".")}|`);
}
