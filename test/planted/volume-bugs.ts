import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of the volumes' maps, images and history. */
export const volumeBugs: readonly PlantedBug[] = [
  {
    name: "a map's node that an image holds is changed in place",
    package: "volumes",
    file: "block-map.ts",
    find: "    if (alone && id >= this.#table.frozenBelow) return node;",
    replace: "    if (alone) return node;",
    tests: "checkpoint",
  },
  {
    name: "a map's node that a snapshot shares is changed in place",
    package: "volumes",
    file: "block-map.ts",
    find: "    const alone = id >= version.ownFrom;",
    replace: "    const alone = id >= FIRST_POINTER;",
    tests: "checkpoint",
  },
  {
    name: "an image says that it covers records that came behind it",
    package: "volumes",
    file: "checkpoint.ts",
    find: "    covered: Math.max(source.lastLsn, store.durableLsn),",
    replace: "    covered: Math.max(source.lastLsn, store.durableLsn) + 2,",
    tests: "checkpoint",
  },
  {
    name: "a removed snapshot takes nodes with it that the next one shares",
    package: "volumes",
    file: "version-tree.ts",
    find: "      keep: heir?.root ?? HOLE,",
    replace: "      keep: HOLE,",
    tests: "checkpoint",
  },
  {
    name: "compaction takes blocks of records that an opening would replay",
    package: "volumes",
    file: "stream-liveness.ts",
    find: 'record.lsn > image.root.covered) return "all";',
    replace: 'record.lsn > image.root.covered + 1e9) return "all";',
    tests: "stream-liveness",
  },
  {
    name: "compaction takes blocks that only the past of a volume needs",
    package: "volumes",
    file: "stream-liveness.ts",
    find: 'record.lsn >= from) return "all";',
    replace: 'record.lsn >= from + 1e9) return "all";',
    tests: "volume-history",
  },
  {
    name: "a snapshot of a moment has a name before its map is durable",
    package: "volumes",
    file: "moment.ts",
    find: "    await lineage.checkpoint();",
    replace: "    await Promise.resolve();",
    tests: "volume-history",
  },
];
