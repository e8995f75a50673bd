/** A snapshot as a file that other programs read, of which any part can be had at any time. */
import type { Volume } from "../volume.ts";
import { Qcow2Image } from "./qcow2-image.ts";

/** `raw`: the bytes of the disk; `qcow2`: version 3, in order, without its holes. */
export type DiskFormat = "raw" | "qcow2";

export interface ImageSource {
  readonly bytes: number;
  /** The bytes from `start` up to `end`, in pieces; the same each time. */
  pieces(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Bytes of one read of the snapshot. */
const PIECE_BYTES: number = 1024 * 1024;

export function imageSource(volume: Volume, format: DiskFormat): Promise<ImageSource> {
  if (format === "qcow2") return Qcow2Image.of(volume);
  const { sizeBytes: bytes } = volume;
  return Promise.resolve({ bytes, pieces: (start, end) => rawPieces(volume, start, end) });
}

async function* rawPieces(volume: Volume, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) {
    yield await volume.read(at, Math.min(PIECE_BYTES, end - at));
  }
}
