/** Room for payloads that are still arriving, shared by all connections, given in order. */
export class PayloadRoom {
  readonly #limitBytes: number;
  readonly #waiting: { readonly bytes: number; readonly wake: () => void }[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes room for a payload, at once (true), or later: then `wake` is called when it has been
   * taken, unless that was given up with `forget` before.
   */
  take(bytes: number, wake: () => void): boolean {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#usedBytes += bytes;
      return true;
    }
    this.#waiting.push({ bytes, wake });
    return false;
  }

  /** Gives room back, and to the next ones who wait. */
  give(bytes: number): void {
    this.#usedBytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!this.#fits(next.bytes)) return;
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.wake();
    }
  }

  /** Who waits with this `wake` waits no more. */
  forget(wake: () => void): void {
    const at = this.#waiting.findIndex((one) => one.wake === wake);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.give(0);
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#limitBytes;
  }
}
