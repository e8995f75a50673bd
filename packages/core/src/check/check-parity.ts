import { findBadBlocks } from "../parity/parity-blocks.ts";
import { ALL_RANGES, DATA_RANGES } from "../parity/parity-code.ts";
import { ParityHead } from "../parity/parity-head.ts";
import { blockOffset, parityLayout, parityPath } from "../parity/parity-layout.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { CheckContext } from "./check-context.ts";

const ALL: readonly number[] = Array.from({ length: ALL_RANGES }, (_, range) => range);
const ADVICE = "`firn scrub` repairs it, as far as it can be";

/** Verifies the parity files in the directory, and the segments that they belong to once more. */
export async function checkParity(context: CheckContext): Promise<void> {
  const { commitFiles, extentFiles, fileSystem, directory } = context;
  const folders = await fileSystem.list(`${directory}/parity`);
  if (folders.length === 0) return;
  for (const entry of [...commitFiles.entries, ...extentFiles.entries]) {
    if (entry.sealedBytes === undefined) continue;
    const path = parityPath(`${directory}/parity`, entry.id);
    const parity = await fileSystem.open(path, { create: false }).catch(() => undefined);
    if (parity === undefined) continue;
    try {
      await checkOne(context, entry, { parity, path });
    } finally {
      await parity.close();
    }
  }
}

async function checkOne(
  context: CheckContext,
  entry: SegmentEntry,
  { parity, path }: { readonly parity: FileHandle; readonly path: string },
): Promise<void> {
  const { identity, problems, onRead } = context;
  const layout = parityLayout(entry.sealedBytes as number);
  const read = await ParityHead.read(parity, { entry, layout }, identity.hasher);
  if (read?.whole !== true) {
    const what = `the parity of segment ${entry.id} has changed; ${ADVICE}`;
    problems.push({ what, file: path, segment: entry.id });
  }
  if (read === undefined) return;
  const files = entry.kind === "commit" ? context.commitFiles : context.extentFiles;
  const pace = {
    take: (bytes: number) => Promise.resolve(onRead?.(bytes, path)),
    slice: () => Promise.resolve(),
  };
  const { handle: segment, release } = await files.borrow(entry);
  try {
    const bad = await findBadBlocks({ segment, parity }, read.head, { ranges: ALL, pace });
    for (const { range, row } of bad) {
      const isData = range < DATA_RANGES;
      const file = isData ? files.path(entry) : path;
      const whose = isData ? `segment ${entry.id}` : `the parity of segment ${entry.id}`;
      const what = `a block of ${whose} is not what parity was made of; ${ADVICE}`;
      problems.push({ what, file, segment: entry.id, offset: blockOffset(layout, range, row) });
    }
  } finally {
    release();
  }
}
