/** Less than this is not worth two calls into the kernel. */
const WEIGHED_BYTES_MIN: number = 64 * 1024;

type Resizable = new (bytes: number, options: { readonly maxByteLength: number }) => ArrayBuffer;

/**
 * Something of `bytes` bytes for the collector's eye, which takes no memory: pages that nobody
 * touches. Keep it as long as shared memory of that size.
 *
 * V8 counts shared memory nowhere, since it may belong to several threads. So what is dead of it
 * does not hurry the next collection, and a store that wrote steadily held 40 dead memtables.
 */
export function memoryWeight(bytes: number): ArrayBuffer | undefined {
  if (bytes < WEIGHED_BYTES_MIN) return undefined;
  // One that can be resized is mapped by itself, and nothing is written into it.
  return new (ArrayBuffer as Resizable)(bytes, { maxByteLength: bytes });
}
