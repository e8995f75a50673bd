/**
 * A body that is in memory as one piece. Small objects are read most, and a generator or two for
 * each would cost more than their bytes.
 */
export class WholeBody implements AsyncIterable<Uint8Array> {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    yield await Promise.resolve(this.bytes);
  }
}

/** The bytes of a body of `getObject`, if all of them are in memory already. */
export function wholeBytes(body: AsyncIterable<Uint8Array>): Uint8Array | undefined {
  return body instanceof WholeBody ? body.bytes : undefined;
}
