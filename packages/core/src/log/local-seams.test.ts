import { SimFileSystem, chunkStoreContract, shardLogContract } from "@firn/testing";
import type { ChunkStoreUnderTest, ShardLogUnderTest } from "@firn/testing";
import { afterAll } from "vitest";
import { loadHasher, storeSeed } from "../hasher.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { SeededRandom } from "../platform/random.ts";
import { LocalChunkStore } from "./local-chunk-store.ts";
import type { LocalLog } from "./local-log.ts";
import { DiskReserve } from "./disk-reserve.ts";
import type { LogHome, LogLimits } from "./log-home.ts";
import { Manifest } from "./manifest.ts";
import type { SegmentKind } from "./manifest.ts";
import { writeBlock } from "./record-group.ts";
import { encodeStream, streamBytes } from "./record.ts";
import { recoverLog } from "./recover-log.ts";
import { SegmentFiles } from "./segment-files.ts";

const STORE_ID = "00112233445566778899aabbccddeeff";
/** Small enough that the suites cross segments, and meet groups and chunks larger than one. */
const LIMITS = { segmentBytes: 8192, prepareBytes: 1024, freshGroupBytes: Infinity };
const FRESH_LIMITS = { ...LIMITS, freshGroupBytes: 0 };

const directories: string[] = [];
const node = new NodeFileSystem({ sync: false });

afterAll(async () => {
  for (const directory of directories) await node.remove(directory);
});

for (const [name, make] of [
  ["simulated disk", async () => new Home(new SimFileSystem({ seed: 3 }), "/data")],
  ["Node", async () => new Home(node, await makeDirectory())],
] as const) {
  shardLogContract(`local, ${name}`, async () => logUnderTest(await make()));
  shardLogContract(`local, ${name}, room left as it is`, async () => {
    const place = await make();
    place.limits = FRESH_LIMITS;
    return logUnderTest(place);
  });
  chunkStoreContract(`local, ${name}`, async () => chunksUnderTest(await make()));
}

class Home {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  limits: LogLimits = LIMITS;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /** The home of a log as a process finds it when it starts. */
  async open(kind: SegmentKind): Promise<{ home: LogHome; files: SegmentFiles }> {
    const fileSystem = this.#fileSystem;
    const hasher = await loadHasher();
    await fileSystem.makeDirectory(this.#directory);
    const place = { fileSystem, hasher, directory: this.#directory };
    const manifest =
      (await Manifest.read(place)) ??
      (await Manifest.create(place, {
        formatVersion: 1,
        requiredFeatures: [],
        storeId: STORE_ID,
        clock: { kind: "real" },
        createdAtMs: 0,
        generation: 1,
        nextSegmentId: 1,
        segments: [],
      }));
    const files = new SegmentFiles(fileSystem, this.#directory, { openMax: 4, hasher });
    for (const entry of manifest.state.segments) if (entry.kind === kind) files.add(entry);
    const identity = { hasher, seed: storeSeed(hasher, STORE_ID) };
    const random = new SeededRandom(manifest.state.generation);
    const { limits } = this;
    const directory = this.#directory;
    const reserve = new DiskReserve(fileSystem, `${directory}/reserve`, 4096);
    const parts = { fileSystem, manifest, random, identity, directory, reserve };
    const home = { ...parts, storeId: STORE_ID, limits };
    return { home, files };
  }
}

async function logUnderTest(place: Home): Promise<ShardLogUnderTest> {
  const open = async (): Promise<{ home: LogHome; log: LocalLog }> => {
    const { home, files } = await place.open("commit");
    const replay = { from: undefined, visit: async () => {} };
    return { home, log: (await recoverLog(home, files, replay)).log };
  };
  const { home, log } = await open();
  return {
    log,
    encode: (lsn, text) => {
      const body = Buffer.from(`\0${text}`);
      const end = streamBytes(body.length);
      const block = writeBlock(end);
      const record = { lsn, time: 1000 + lsn, space: 1, parts: [body] };
      encodeStream({ block, start: 0, end }, record, home.identity);
      return block.bytes;
    },
    reopen: async () => {
      await log.close();
      return (await open()).log;
    },
  };
}

async function chunksUnderTest(place: Home): Promise<ChunkStoreUnderTest> {
  const open = async (): Promise<LocalChunkStore> => {
    const { home, files } = await place.open("extent");
    const { segmentBytes } = LIMITS;
    return new LocalChunkStore(home, files, { segmentBytes, onFailure: () => {} });
  };
  const chunks = await open();
  return {
    chunks,
    reopen: async () => {
      await chunks.close();
      return open();
    },
  };
}

async function makeDirectory(): Promise<string> {
  const directory = await makeTemporaryDirectory();
  directories.push(directory);
  return directory;
}
