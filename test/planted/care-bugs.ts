import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of scrub, parity and rebuilding. */
export const careBugs: readonly PlantedBug[] = [
  {
    name: "a repaired segment takes its place before it is synced",
    file: "parity/repair-segment.ts",
    find: "    await file.sync();",
    replace: "",
    tests: "crash/care-histories",
  },
  {
    name: "a repaired segment's name is not synced",
    file: "parity/repair-segment.ts",
    find: 'await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf("/")));',
    replace: "",
    tests: "crash/care-histories",
  },
  {
    name: "parity is made of a segment that does not verify",
    file: "parity/parity-keeper.ts",
    find: "if (!sound) {",
    replace: "if (false as boolean) {",
    tests: "care/store-care",
  },
  {
    name: "an open file goes on showing what was repaired",
    file: "scrub/scrub-segment.ts",
    find: "if (repaired.length > 0) await this.#files.forget({ entries: [this.#entry] });",
    replace: "",
    tests: "care/store-care",
  },
  {
    name: "an index is made anew from a log with a hole",
    file: "store/rebuild-index.ts",
    find: "if (sealed !== undefined && end.offset < limit) throw logDamaged(entry, end);",
    replace: "",
    tests: "care/store-care",
  },
  {
    name: "an index that is made anew is not named in the manifest",
    file: "store/rebuild-index.ts",
    find: "({ ...state, indexName: name })",
    replace: "({ ...state })",
    tests: "care/store-care",
  },
  {
    name: "a log of LevelDB that ends too early is taken for whole",
    file: "index/level-files/level-log.ts",
    find: "if (!unfinished) yield",
    replace: "if (false as boolean) yield",
    tests: "index/level-files/verify-level-files",
  },
  {
    name: "a check ends at the first bad record",
    file: "check/verify-segment.ts",
    find: "return findings.faults.length < FAULTS_MAX ? next?.offset : undefined;",
    replace: "return undefined;",
    tests: "scrub/scrub-store",
  },
];
