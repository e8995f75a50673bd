import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of the log and of recovery. */
export const logBugs: readonly PlantedBug[] = [
  {
    name: "a commit is acknowledged without its sync",
    file: "log/local-log.ts",
    find: "if (group.sync) await segment.handle.sync();",
    replace: "",
  },
  {
    name: "a full segment is left without a sync",
    file: "log/local-log.ts",
    find: "await first.handle.sync();",
    replace: "",
  },
  {
    name: "a segment's valid end is sealed too short",
    file: "log/local-log.ts",
    find: "new Map(segments.map(({ entry, writtenBytes }) => [entry.id, writtenBytes]));",
    replace: "new Map(segments.map(({ entry, writtenBytes }) => [entry.id, writtenBytes - 8]));",
  },
  {
    name: "a new segment's file is not synced",
    file: "log/create-segment.ts",
    find: "await handle.sync();",
    replace: "",
  },
  {
    name: "a new segment's name is not synced",
    file: "log/create-segment.ts",
    find: "await fileSystem.syncDirectory(folder);",
    replace: "",
  },
  {
    name: "a new folder's name is not synced",
    file: "log/create-segment.ts",
    find: 'await fileSystem.syncDirectory(folder.slice(0, folder.lastIndexOf("/")));',
    replace: "",
  },
  {
    name: "the manifest is renamed before its bytes are synced",
    file: "log/manifest.ts",
    find: "await handle.sync();",
    replace: "",
  },
  {
    name: "the manifest's rename is not synced",
    file: "log/manifest.ts",
    find: "await fileSystem.syncDirectory(directory);",
    replace: "",
  },
  {
    name: "a sync that came before is believed at the next open",
    file: "log/recover-log.ts",
    find: "if (entry.sealedBytes === undefined) await makeDurable(source, offset);",
    replace: "",
  },
  {
    name: "durable records that fail to verify are cut like a torn tail",
    file: "log/recover-log.ts",
    find: "const claim = await findDurableClaim(source, end.offset, lastLsn);",
    replace: "const claim = undefined;",
    tests: "crash/damage",
  },
  {
    name: "a batch's checksum does not cover its keys",
    file: "log/record.ts",
    find: "{ covered: tableBytes, identity }",
    replace: "{ covered: 4, identity }",
  },
  {
    name: "the values of a batch are not verified",
    file: "log/record.ts",
    find: "if (hasher.hash(body.subarray(value, end), seed) !== check) return false;",
    replace: "if (hasher.hash(body.subarray(value, value), seed) === check + 1n) return false;",
  },
  {
    name: "values read from the log are not verified",
    file: "store/value-reader.ts",
    find: "this.#identity.hasher.hash(bytes, this.#identity.seed) === place.check",
    replace: "this.#identity !== undefined || place.check === 0n",
    tests: "crash/damage",
  },
  {
    name: "index entries are not verified",
    file: "index/index-value.ts",
    find: "if (whole === false || from.readUInt32LE(end) !== whole) {",
    replace: "if (whole === false) {",
  },
  {
    name: "a blob's unit is verified without its place",
    file: "store/blob-record.ts",
    find: "storeSeed + BigInt(`0x${id}`) + BigInt(unit)",
    replace: "storeSeed + BigInt(`0x${id.slice(0, 0)}0`) + BigInt(unit) * 0n",
  },
];
