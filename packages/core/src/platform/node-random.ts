import { randomBytes } from "node:crypto";
import type { Random } from "./random.ts";

/** The operating system's source: unpredictable, fit for keys. */
export class NodeRandom implements Random {
  bytes(length: number): Uint8Array {
    return randomBytes(length);
  }

  float(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
  }
}
