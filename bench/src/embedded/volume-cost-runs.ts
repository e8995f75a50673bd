import { openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { Volumes } from "@firn/volumes";
import type { Volume } from "@firn/volumes";
import { startChild } from "../harness/child.ts";
import type { Sample } from "../harness/row.ts";
import type { EmbeddedRun } from "./embedded-child.ts";

const KIB = 1024;
const MIB: number = 1024 * KIB;
const GIB: number = 1024 * MIB;
const BLOCK_BYTES = 4096;
/** The volume of the figures: 1 TiB. */
const SIZE_GIB = 1024;
/** What is mapped of it: 10 GiB when there is time for it, otherwise as much as the form allows. */
const MAPPED_BYTES_MAX: number = 10 * GIB;
const MAPPED_MIB_PER_SECOND = 256;
const ROUNDS = 50;
const READS = 2000;
const DAY_SECONDS = 86_400;
/** 400 MB of records to be read again, half of them replayed. */
const MOMENT_WRITES_MAX = 100_000;

interface Mapped {
  readonly store: LogStore;
  readonly volumes: Volumes;
  readonly volumeId: string;
  readonly volume: Volume;
  readonly bytes: number;
}

/** A volume of 1 TiB with data at its front. */
async function mapVolume(directory: string, seconds: number): Promise<Mapped> {
  const store = await openStore({ directory });
  const volumes = await Volumes.open({ store });
  const { volumeId } = await volumes.createVolume({ sizeGiB: SIZE_GIB });
  const volume = await volumes.openVolume({ volumeId });
  const wanted = Math.floor(seconds * MAPPED_MIB_PER_SECOND) * MIB;
  const bytes = Math.max(MIB, Math.min(MAPPED_BYTES_MAX, wanted));
  const piece = Buffer.alloc(MIB);
  for (let at = 0; at < bytes; at += MIB) {
    for (let i = 0; i < MIB; i += BLOCK_BYTES) piece.writeUInt32LE(at / BLOCK_BYTES + i + 1, i);
    await volume.write(at, piece);
  }
  await volume.flush();
  return { store, volumes, volumeId, volume, bytes };
}

async function closeAll({ volumes, store }: Mapped): Promise<void> {
  await volumes.close();
  await store.close();
}

/** A snapshot, durable, each after a write; beside it a commit of one small value. */
export async function volumeSnapshots(directory: string, seconds: number): Promise<Sample> {
  const mapped = await mapVolume(directory, seconds);
  const { store, volumes, volumeId, volume, bytes } = mapped;
  const space = await store.openKeySpace("empty commits");
  let [snapshotMs, commitMs] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    await volume.write(round * MIB, Buffer.alloc(BLOCK_BYTES, round + 1));
    await volume.flush();
    snapshotMs += await timed(() => volumes.createSnapshot({ volumeId }));
    commitMs += await timed(() =>
      store.transact((tx) => tx.put(space, Buffer.from("k"), Buffer.from(String(round)))),
    );
  }
  await closeAll(mapped);
  return {
    "snapshot ms": snapshotMs / ROUNDS,
    "empty commit ms": commitMs / ROUNDS,
    "snapshot / empty commit": snapshotMs / commitMs,
    "mapped GiB": bytes / GIB,
  };
}

/**
 * The first reads of a clone, in turns with as many of the volume, after both were opened anew: no
 * block is read twice.
 */
export async function volumeCloneReads(directory: string, seconds: number): Promise<Sample> {
  const mapped = await mapVolume(directory, seconds);
  const { volumeId, bytes } = mapped;
  const { snapshotId } = await mapped.volumes.createSnapshot({ volumeId });
  const madeMs = await timed(() => mapped.volumes.createVolume({ snapshotId }));
  const clone = await mapped.volumes.createVolume({ snapshotId });
  await closeAll(mapped);
  const store = await openStore({ directory });
  const volumes = await Volumes.open({ store });
  const opened = await volumes.openVolume(clone);
  const firstMs = await timed(() => opened.read(bytes / 2, BLOCK_BYTES));
  const both = [opened, await volumes.openVolume({ volumeId })] as const;
  const ms = [0, 0];
  const into = Buffer.alloc(BLOCK_BYTES);
  for (let i = 0; i < READS * 2; i++) {
    const offset = scattered(i, bytes);
    const volume = both[i % 2] as Volume;
    const took = await timed(async () => {
      if (!volume.readIntoSync(offset, into)) await volume.readInto(offset, into);
    });
    ms[i % 2] = (ms[i % 2] as number) + took;
  }
  await volumes.close();
  await store.close();
  const [cloneMs = 0, volumeMs = 0] = ms;
  return {
    "clone made ms": madeMs,
    "clone's first read ms": firstMs,
    "clone's read µs": (cloneMs / READS) * 1000,
    "volume's read µs": (volumeMs / READS) * 1000,
  };
}

/** Maps a volume and leaves it open: whoever asked for it ends the process. */
export async function volumeLeftOpen(directory: string, seconds: number): Promise<Sample> {
  const { bytes } = await mapVolume(directory, seconds);
  return { bytes };
}

/** Opening what a killed process leaves. */
export async function volumeOpenAfterKill(directory: string, seconds: number): Promise<Sample> {
  const input: EmbeddedRun = { run: "volumeLeftOpen", directory, seconds };
  const killed = await startChild<Sample>(new URL("embedded-child.js", import.meta.url), input);
  await killed.stop();
  const mappedGiB = (killed.ready["bytes"] ?? 0) / GIB;
  let ready: { store: LogStore; volumes: Volumes } | undefined;
  const ms = await timed(async () => {
    const store = await openStore({ directory });
    const volumes = await Volumes.open({ store });
    for await (const { volumeId } of volumes.describeVolumes()) {
      const volume = await volumes.openVolume({ volumeId });
      await volume.read(0, BLOCK_BYTES);
    }
    ready = { store, volumes };
  });
  await ready?.volumes.close();
  await ready?.store.close();
  return { "open ms": ms, "mapped GiB": mappedGiB, "ms per mapped GiB": ms / mappedGiB };
}

/** Overwriting a volume that keeps its past, then reading it as it was half the way through. */
export async function volumeMoments(directory: string, seconds: number): Promise<Sample> {
  const mapped = await mapVolume(directory, seconds);
  const { volumes, volumeId, volume, bytes, store } = mapped;
  await volumes.setRetention({ volumeId, seconds: DAY_SECONDS });
  const piece = Buffer.alloc(BLOCK_BYTES, 1);
  const writes = Math.min(MOMENT_WRITES_MAX, bytes / BLOCK_BYTES);
  let time = 0;
  const writeMs = await timed(async () => {
    for (let i = 0; i < writes; i++) {
      await volume.write(scattered(i, bytes), piece);
      if (i === Math.floor(writes / 2)) time = store.clock.now();
    }
    await volume.flush();
  });
  let moment: Volume | undefined;
  const openMs = await timed(async () => {
    moment = await volumes.openVolumeAt({ volumeId, time });
  });
  const againMs = await timed(async () => {
    await (await volumes.openVolumeAt({ volumeId, time })).close();
  });
  await moment?.close();
  await closeAll(mapped);
  return {
    "writes behind the anchor": writes,
    "write µs": (writeMs / writes) * 1000,
    "moment made ms": openMs,
    "µs per write replayed": (openMs / (writes / 2)) * 1000,
    "opened again ms": againMs,
  };
}

/** A step that is prime to every power of two meets each block once. */
function scattered(i: number, bytes: number): number {
  return ((i * 7919 * 31) % (bytes / BLOCK_BYTES)) * BLOCK_BYTES;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
