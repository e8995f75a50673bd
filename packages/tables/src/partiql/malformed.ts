import type { FirnError } from "@firn/core";
import { invalid } from "../errors.ts";

/** The error of a statement that is no PartiQL; `detail` is empty for what no token fits. */
export function malformed(detail: string): FirnError {
  return invalid(`Statement wasn't well formed, can't be processed: ${detail}`);
}
