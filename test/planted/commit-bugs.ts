import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of commits, of the index and of blobs. */
export const commitBugs: readonly PlantedBug[] = [
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
  {
    name: "a tombstone is forgotten when the memtable is flushed",
    file: "index/memtable-writes.ts",
    find: "      yield { key, value: undefined };\n",
    replace: "",
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
    name: "a memtable's columns grow without the versions before",
    file: "index/version-data.ts",
    find: "  data.previous.set(from.previous);\n",
    replace: "",
    tests: "index/memtable.test",
  },
  {
    name: "a memtable's keys are flushed out of order where their beginnings are equal",
    file: "index/key-order.ts",
    find: "if (end - start > 1) this",
    replace: "if (end - start > 1e9) this",
    tests: "index/memtable.test",
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
