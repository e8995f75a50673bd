/** Storage bugs that the core's own tests must find. */

export interface PlantedBug {
  readonly name: string;
  /** Below packages/core/src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The tests that find it, below packages/core/src; default: those of the store and of crashes. */
  readonly tests?: string | undefined;
}

const log: readonly PlantedBug[] = [
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
  },
];

const records: readonly PlantedBug[] = [
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

const commits: readonly PlantedBug[] = [
  {
    name: "writers resume before their group is written",
    file: "log/commit-queue.ts",
    find: "        await this.#write(group);",
    replace: "        group.done.resolve(undefined); await this.#write(group);",
  },
  {
    name: "a group that nobody synced counts as durable",
    file: "log/commit-queue.ts",
    find: "      if (group.sync) {\n        this.#durableLsn",
    replace: "      if (group.bytes > 0) {\n        this.#durableLsn",
  },
  {
    name: "a failed write is not final",
    file: "log/commit-queue.ts",
    find: "    this.#failure = failure;",
    replace: "",
  },
  {
    name: "an answer that depends on pending state does not wait for it",
    file: "store.ts",
    find: '      if ("error" in outcome) {\n        await this.#parts.queue.durable(tx.lsnRead);',
    replace: '      if ("error" in outcome) {',
  },
  {
    name: "reads see what is not durable yet",
    file: "store.ts",
    find: "const version = memtables.get(full, queue.durableLsn);",
    replace: "const version = memtables.get(full, queue.lastLsn);",
  },
  {
    name: "versions that an open view needs are dropped",
    file: "store.ts",
    find: "return oldest === undefined ? durable : Math.min(durable, oldest.lsn);",
    replace: "return oldest === undefined ? durable : durable;",
  },
  {
    name: "a barrier does not wait",
    file: "store/store-stream.ts",
    find: "return queue.durable(queue.lastLsn);",
    replace: "return queue.durable(0);",
  },
  {
    name: "commit time follows the clock backwards",
    file: "store/committer.ts",
    find: "this.#lastTime = Math.max(this.#lastTime, this.#parts.clock.now());",
    replace: "this.#lastTime = this.#parts.clock.now();",
  },
];

const index: readonly PlantedBug[] = [
  {
    name: "a tombstone is forgotten when the memtable is flushed",
    file: "store/flusher.ts",
    find: "for (const [key, version] of memtable.newest()) yield",
    replace: "for (const [key, version] of memtable.newest()) if (!version.deleted) yield",
  },
  {
    name: "the index runs ahead of the durable log",
    file: "store/flusher.ts",
    find: "if (next.lsn > durableLsn() || ",
    replace: "if (next.lsn < durableLsn() - 1e9 || ",
  },
  {
    name: "the index's mark promises one record too many",
    file: "store/flusher.ts",
    find: "{ lsn, position, time }",
    replace: "{ lsn: lsn + 1, position, time }",
  },
  {
    name: "a key that a memtable deleted shines through from the index",
    file: "index/merge-range.ts",
    find: "if (item.version?.deleted !== true) items.push(item);",
    replace: "if (item.version?.deleted !== true || item.version.lsn > 0) items.push(item);",
  },
  {
    name: "a transaction's range does not see its own writes",
    file: "store/transaction.ts",
    find: "return [...this.#ownMemtable(), ...now, ...gone];",
    replace: "return [...now, ...gone];",
  },
  {
    name: "a range does not see what was flushed since it was fetched",
    file: "store/transaction.ts",
    find: "return [...this.#ownMemtable(), ...now, ...gone];",
    replace: "return [...this.#ownMemtable(), ...now, ...gone.slice(gone.length)];",
  },
  {
    name: "a run of the index is named before its bytes are synced",
    file: "index/runs/run-writer.ts",
    find: "await this.#handle.sync();",
    replace: "",
  },
  {
    name: "a run's name is not synced before the state names it",
    file: "index/runs/run-tasks.ts",
    find: "await fileSystem.syncDirectory(directory);",
    replace: "",
  },
];

const blobs: readonly PlantedBug[] = [
  {
    name: "a blob is attached before its extents are synced",
    file: "store/blob-writer.ts",
    find: "await this.#chunks.sync();",
    replace: "",
  },
  {
    name: "a chunk written during a sync counts as synced",
    file: "log/local-chunk-store.ts",
    find: "          segment.dirty = false;\n          await segment.handle.sync();",
    replace: "          await segment.handle.sync();\n          segment.dirty = false;",
  },
  {
    name: "a blob goes with the first of its references",
    file: "store/transaction.ts",
    find: "if (left > 0) return this.#setReferences(id, left);",
    replace: "",
  },
];

const compaction: readonly PlantedBug[] = [
  {
    name: "a tombstone goes while an older segment still has a value of its key",
    file: "store/liveness.ts",
    find: "    return mayBeOlder(full);",
    replace: "    return mayBeOlder(full) && op === OP_PUT;",
  },
  {
    name: "what is not durable yet makes older versions garbage",
    file: "store/liveness.ts",
    find: "    const version = memtables.get(full, durableLsn());\n    if (version !== undefined) return version.lsn;",
    replace:
      "    const version = memtables.get(full, durableLsn() + 1e9);\n    if (version !== undefined) return version.lsn;",
  },
  {
    name: "a packed segment is named before its bytes are synced",
    file: "log/packed-writer.ts",
    find: "    await this.#handle.sync();",
    replace: "",
  },
  {
    name: "a packed segment's name is not synced before the manifest has it",
    file: "log/packed-writer.ts",
    find: "    await this.#home.fileSystem.syncDirectory(folderOf(this.#files.path(this.#entry)));",
    replace: "",
  },
  {
    name: "segments that were replaced go while somebody reads them",
    file: "store/reader-pins.ts",
    find: "this.#waiting.findIndex(({ behindPin }) => behindPin >= oldest);",
    replace: "this.#waiting.findIndex(({ behindPin }) => behindPin >= oldest + 1e9);",
  },
  {
    name: "the room of a staged blob is given away before it is attached",
    file: "store/live-extents.ts",
    find: "this.#kept = home.leases.kept();",
    replace: "this.#kept = home.leases.kept().slice(0, 0);",
  },
  {
    name: "a feed does not hold compaction back",
    file: "store/changes.ts",
    find: "this.#hold = home.pins.hold(from);",
    replace: "this.#hold = home.pins.hold(from + 1e9);",
  },
  {
    name: "what retention keeps is garbage to compaction",
    file: "store/liveness.ts",
    find: "if ((deleted || op === OP_PUT) && this.#source.history.holds",
    replace: "if (op > 99 && this.#source.history.holds",
  },
  {
    name: "a packed record names a wrong place for its values",
    file: "log/packed-record.ts",
    find: "writeU53(bytes, position, table + MUTATION_HEADER_BYTES);",
    replace: "writeU53(bytes, position + 1, table + MUTATION_HEADER_BYTES);",
  },
];

const space: readonly PlantedBug[] = [
  {
    name: "a chunk that does not verify is packed with the others",
    file: "store/extent-packer.ts",
    find: "verify(bytes, live, home);",
    replace: "",
    tests: "store/blob-compactor.test",
  },
  {
    name: "the last extent segment is dropped, and its addresses are given again",
    file: "store/plan-packing.ts",
    find: "const last = uses.at(-1);",
    replace: "const last = undefined as SegmentUse | undefined;",
    tests: "store/plan-packing.test",
  },
  {
    name: "an extent segment that is still written to is packed",
    file: "store/plan-packing.ts",
    find: 'const isCandidate = isWorth && use.state === "sealed";',
    replace: "const isCandidate = isWorth;",
    tests: "store/plan-packing.test",
  },
  {
    name: "a backup keeps an unfinished segment under a name that is used again",
    file: "backup/run-backup.ts",
    find: "if (isSealed) return",
    replace: 'if (id !== "") return',
    tests: "backup/",
  },
  {
    name: "a backup's files are not synced",
    file: "backup/directory-target.ts",
    find: "await handle.sync();",
    replace: "",
    tests: "backup/",
  },
];

const care: readonly PlantedBug[] = [
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
    tests: "index/level-files",
  },
  {
    name: "a check ends at the first bad record",
    file: "check/verify-segment.ts",
    find: "return findings.faults.length < FAULTS_MAX ? next?.offset : undefined;",
    replace: "return undefined;",
    tests: "scrub/",
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  ...log,
  ...records,
  ...commits,
  ...index,
  ...blobs,
  ...compaction,
  ...space,
  ...care,
];
