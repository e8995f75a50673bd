/**
 * Packs a run of segments in a thread that reads the index's files itself: the event loop has no
 * part in it but to wait. Only for what an index can answer alone: no history, no stream records,
 * no deletions that could go (docs/decisions/0012).
 *
 * The keys of a segment are looked up in their order, so that each block of the index is read once.
 * What is only in memory yet is not asked: a value that it replaced stays until the next time.
 */
import { coreError } from "../errors.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import { Memtable, bytesOf, fullKey } from "../index/memtable.ts";
import { BlockCache } from "../index/runs/block-cache.ts";
import type { RunPlace } from "../index/runs/run-tasks.ts";
import { RunFile } from "../index/runs/run-file.ts";
import { lookUp } from "../index/runs/runs-snapshot.ts";
import { encodePackedBatch } from "../log/packed-record.ts";
import { PackedWriter } from "../log/packed-writer.ts";
import type { PackedFile, PackedHome } from "../log/packed-writer.ts";
import { mutationsOf } from "../log/record-content.ts";
import {
  OP_PUT,
  RECORD_BATCH,
  RECORD_HEADER_BYTES,
  RECORD_PACKED_BATCH,
  decodeRecord,
  tableEntries,
} from "../log/record.ts";
import type { PeekedRecord } from "../log/record.ts";
import { scanTables } from "../log/scan-tables.ts";
import { groupsEnd } from "../log/segment-scan.ts";
import type { ScanSource } from "../log/segment-scan.ts";
import type { WorkerTask } from "../platform/worker-pool.ts";
import { PackedRun, segmentDamaged } from "./packed-run.ts";
import type { PackedResult } from "./packed-run.ts";

export interface PackInput {
  /** Neighbours, in the order of their positions, with the paths of their files. */
  readonly run: readonly PackedFile[];
  /** The file that is to take their place; made when there is something to put into it. */
  readonly into: PackedFile;
  readonly storeId: string;
  readonly storeSeed: bigint;
  /** All runs of the index, newest first. */
  readonly index: readonly RunPlace[];
}

export interface PackOutput extends PackedResult {
  readonly bytesRead: number;
}

/** Blocks of the index in memory: keys come in order, so that few are asked for twice. */
const CACHE_BYTES: number = 2 * 1024 * 1024;

export const packTask: WorkerTask<PackInput, PackOutput | undefined> = {
  name: "pack",
  /**
   * `undefined` when there is more in it than an index can answer for.
   * @throws FIRN_STORE_DAMAGED when a segment, FIRN_RECORD_CORRUPT when the index fails to verify,
   * or what the disk says. Then nothing of it is left.
   */
  async run(input, { fileSystem, hasher }) {
    const identity = { hasher, seed: input.storeSeed };
    const packer = new ThreadPacker(input, { fileSystem, storeId: input.storeId, identity });
    return packer.pack();
  },
};

class ThreadPacker {
  readonly #input: PackInput;
  readonly #home: PackedHome;
  readonly #into: PackedRun;
  readonly #cache = new BlockCache(CACHE_BYTES);
  readonly #runs: RunFile[] = [];
  #bytesRead = 0;

  constructor(input: PackInput, home: PackedHome) {
    this.#input = input;
    this.#home = home;
    const create = (): Promise<PackedWriter> => PackedWriter.open(home, input.into);
    this.#into = new PackedRun({ identity: home.identity, create });
  }

  async pack(): Promise<PackOutput | undefined> {
    try {
      for (const place of this.#input.index) this.#runs.push(await this.#openRun(place));
      for (const file of this.#input.run) {
        if (await this.#segment(file)) continue;
        await this.#into.abandon();
        return undefined;
      }
      return { ...(await this.#into.finish()), bytesRead: this.#bytesRead };
    } catch (error) {
      await this.#into.abandon();
      throw error;
    } finally {
      await Promise.all(this.#runs.map((run) => run.close()));
    }
  }

  /** False when it must be left to others. */
  async #segment({ entry, path }: PackedFile): Promise<boolean> {
    const handle = await this.#home.fileSystem.open(path, { create: false });
    try {
      const limit = groupsEnd(entry) as number;
      const source = { handle, entry, limit, identity: this.#home.identity };
      this.#into.noteLsn(entry.packed?.firstLsn ?? 0);
      const keys = await keysOf(source, path);
      if (keys === undefined) return false;
      await this.#copy(source, this.#liveOf(keys));
      this.#into.noteLsn(entry.packed?.lastLsn ?? 0);
      this.#bytesRead += limit;
      return true;
    } finally {
      await handle.close();
    }
  }

  /** By the number of a mutation in its segment: 1 where it must stay. */
  #liveOf({ newest, count, others }: SegmentKeys): Uint8Array {
    const live = new Uint8Array(count);
    for (const number of others) live[number] = 1;
    for (const [full, version] of newest.newest()) {
      if (this.#isNewest(full, version.lsn)) live[version.position] = 1;
    }
    return live;
  }

  #isNewest(full: string, lsn: number): boolean {
    const { identity } = this.#home;
    const key = bytesOf(full);
    const bytes = lookUp(this.#runs, key, identity.hasher);
    if (bytes === undefined) return false;
    const found = decodeIndexValue(key, bytes, identity).lsn;
    if (found >= lsn) return found === lsn;
    const message = `the index has LSN ${found} of a key that the log wrote at ${lsn}`;
    throw coreError("FIRN_RECORD_CORRUPT", `${message}; rebuild the index`, { detail: { lsn } });
  }

  /** Copies what is live, verified: the second time that its table is read. */
  async #copy(source: ScanSource, live: Uint8Array): Promise<void> {
    let number = 0;
    await scanTables(source, (record, offset) => {
      const first = number;
      number += record.table.readUInt32LE(0);
      this.#into.noteLsn(record.lsn);
      this.#into.noteTime(record.time);
      return live.subarray(first, number).includes(1)
        ? this.#keep(source, { record, offset, live: live.subarray(first, number) })
        : undefined;
    });
  }

  async #keep(source: ScanSource, { record, offset, live }: LivePlace): Promise<void> {
    const { identity, entry, handle } = source;
    const bytes = Buffer.allocUnsafe(record.end);
    await handle.read(bytes, offset);
    const whole = decodeRecord(bytes, 0, identity);
    if (whole === undefined) throw segmentDamaged(entry.id, this.#pathOf(entry.id), offset);
    // What was packed before says itself where its values lie.
    const position = entry.base + offset + RECORD_HEADER_BYTES;
    const mutations = mutationsOf({ ...whole, position }).filter((_, at) => live[at] === 1);
    for (const { op, space, key } of mutations) {
      if (op === OP_PUT) this.#into.noteKey(space, fullKey(space, key));
    }
    await this.#into.keep(record.lsn, encodePackedBatch(record, mutations, identity));
  }

  #pathOf(id: number): string {
    return this.#input.run.find(({ entry }) => entry.id === id)?.path ?? "";
  }

  async #openRun({ id, path, seed }: RunPlace): Promise<RunFile> {
    const { fileSystem, identity } = this.#home;
    const handle = await fileSystem.open(path, { create: false });
    try {
      const { hasher } = identity;
      return await RunFile.open({ id, handle, identity: { hasher, seed }, cache: this.#cache });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** A record of which something is live, and what. */
interface LivePlace {
  readonly record: PeekedRecord;
  readonly offset: number;
  readonly live: Uint8Array;
}

interface SegmentKeys {
  /** By key, with the number of the mutation as its position. */
  readonly newest: Memtable;
  /** Mutations. */
  readonly count: number;
  /** Numbers of those that are no values: all of them stay. */
  readonly others: readonly number[];
}

/** The keys of a segment; `undefined` when there is more in it than keys. */
async function keysOf(source: ScanSource, path: string): Promise<SegmentKeys | undefined> {
  const newest = new Memtable();
  const others: number[] = [];
  let count = 0;
  let isPlain = true;
  const end = await scanTables(source, (record) => {
    isPlain = record.kind === RECORD_BATCH || record.kind === RECORD_PACKED_BATCH;
    if (!isPlain) return "stop";
    const { lsn } = record;
    for (const { op, space, key, valueBytes } of tableEntries(record)) {
      const place = { position: count, length: valueBytes, check: 0n };
      if (op !== OP_PUT) others.push(count);
      else
        newest.put(fullKey(space, key), { lsn, deleted: false, value: undefined, ...place }, lsn);
      count++;
    }
    return undefined;
  });
  if (!isPlain) return undefined;
  if (end < source.limit) throw segmentDamaged(source.entry.id, path, end);
  return { newest, count, others };
}
