import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of encryption at rest. */
export const sealBugs: readonly PlantedBug[] = [
  {
    name: "every message of an opening has the same nonce",
    file: "seal/sealer.ts",
    find: "const number = session.next++;",
    replace: "const number = session.next;",
    tests: "seal/sealer",
  },
  {
    name: "a sealed value does not know its LSN",
    file: "seal/store-sealing.ts",
    find: "  bound.writeDoubleLE(lsn, 1);",
    replace: "  bound.writeDoubleLE(0 * lsn, 1);",
    tests: "seal/tampering",
  },
  {
    name: "a unit of a blob is opened whichever one it is",
    file: "seal/store-sealing.ts",
    find: "  bound.writeUInt32LE(unit, 9);",
    replace: "  bound.writeUInt32LE(0 * unit, 9);",
    tests: "seal/tampering",
  },
  {
    name: "an encrypted store writes its values as they are",
    file: "store.ts",
    find: "this.#sealing?.sealBatch(ended, tx.lsn) ?? ended",
    replace: "ended",
    tests: "seal/sealed-store",
  },
  {
    name: "a rotated store forgets the key of what it holds",
    file: "seal/data-keys.ts",
    find: "  for (const { id, createdAtMs } of state.keys) {",
    replace: "  for (const { id, createdAtMs } of state.keys.slice(1)) {",
    tests: "seal/keys-crash",
  },
  {
    name: "a store that gets its key later takes what is older for sealed",
    file: "seal/store-sealing.ts",
    find: "if (lsn < this.#fromLsn || spaceOf(full) < FIRST_SPACE) return stored;",
    replace: "if (spaceOf(full) < FIRST_SPACE) return stored;",
    tests: "seal/keys-crash",
  },
];
