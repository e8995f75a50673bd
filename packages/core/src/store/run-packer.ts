import type { SegmentEntry } from "../log/manifest.ts";
import { packedFile } from "../log/packed-writer.ts";
import { bytesOf } from "./garbage-lookout.ts";
import type { CompactorHome } from "./compactor.ts";
import { packTask } from "./pack-task.ts";
import { SegmentPacker } from "./segment-packer.ts";
import type { Packed } from "./segment-packer.ts";

export interface PackingOptions {
  /** Whether a segment before the run may hold a value of a key. */
  readonly mayBeOlder: (full: string) => boolean;
  /** The run may have deletions that can go. */
  readonly asks: boolean;
}

/** A packed run, and how to take it back before the manifest names it. */
export interface Packing {
  readonly packed: Packed;
  readonly abandon: () => Promise<void>;
}

/**
 * Packs a run of segments: in a thread where the index's files say all that there is to know, else
 * here, in slices.
 * @throws as `SegmentPacker.pack`.
 */
export async function packRun(
  home: CompactorHome,
  run: readonly SegmentEntry[],
  options: PackingOptions,
): Promise<Packing> {
  const isKnown = !options.asks && !home.liveness.keepsHistory;
  const packing = isKnown ? await packInThread(home, run) : undefined;
  if (packing !== undefined) return packing;
  const packer = new SegmentPacker(home, run, options.mayBeOlder);
  return { packed: await packer.pack(), abandon: () => packer.abandon() };
}

/** `undefined` when the index has no thread for it, or there is more in the run than keys. */
async function packInThread(
  parts: CompactorHome,
  run: readonly SegmentEntry[],
): Promise<Packing | undefined> {
  const { home, files, index, budget } = parts;
  const asked = index();
  if (asked.inThread === undefined) return undefined;
  await budget.take(2 * bytesOf(run));
  const [first, last] = [run[0], run.at(-1)] as [SegmentEntry, SegmentEntry];
  const capacity = last.base + last.capacity - first.base;
  const into = packedFile(home, files, { kind: "commit", base: first.base, capacity });
  const packed = await asked.inThread(packTask, {
    run: run.map((entry) => ({ entry, path: files.path(entry) })),
    into,
    storeId: home.storeId,
    storeSeed: home.identity.seed,
  });
  if (packed === undefined) return undefined;
  const abandon = (): Promise<void> => home.fileSystem.remove(into.path).catch(() => undefined);
  return { packed: { ...packed, trustsAbsence: true }, abandon };
}
