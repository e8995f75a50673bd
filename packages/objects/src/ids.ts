import type { Engine } from "./engine.ts";
import { ID_BYTES } from "./layout/key-layout.ts";

/** 32 hexadecimal digits that nobody can guess. */
export function newId(engine: Engine): string {
  return Buffer.from(engine.store.random.bytes(ID_BYTES / 2)).toString("hex");
}

/**
 * An upload's id: 12 digits of the time it was begun, so that the uploads of a key are listed in
 * that order, and 20 digits that nobody can guess.
 */
export function newUploadId(engine: Engine): string {
  const time = engine.store.clock.now().toString(16).padStart(12, "0");
  return time + newId(engine).slice(time.length);
}
