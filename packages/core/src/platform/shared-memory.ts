/** Less than this is not worth two calls into the kernel. */
const MAPPED_BYTES_MIN: number = 64 * 1024;

/** Memory that can be resized (here never) is mapped by itself, and nothing is written into it. */
type Resizable<Memory> = new (bytes: number, options: { maxByteLength: number }) => Memory;

/**
 * Memory for several threads. What is large is mapped by itself, so that all of it goes back to the
 * kernel when it is dead: among the small pieces of the heap it left holes that stayed.
 */
export function sharedMemory(bytes: number): SharedArrayBuffer {
  if (bytes < MAPPED_BYTES_MIN) return new SharedArrayBuffer(bytes);
  const Mapped = SharedArrayBuffer as unknown as Resizable<SharedArrayBuffer>;
  return new Mapped(bytes, { maxByteLength: bytes });
}

/**
 * Something of `bytes` bytes for the collector's eye, which takes no memory: pages that nobody
 * touches. Keep it as long as shared memory of that size.
 *
 * V8 counts shared memory nowhere, since it may belong to several threads. So what is dead of it
 * does not hurry the next collection, and a store that wrote steadily held 40 dead memtables.
 */
export function memoryWeight(bytes: number): ArrayBuffer | undefined {
  if (bytes < MAPPED_BYTES_MIN) return undefined;
  return new (ArrayBuffer as Resizable<ArrayBuffer>)(bytes, { maxByteLength: bytes });
}
