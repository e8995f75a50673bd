import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { EBS } from "@aws-sdk/client-ebs";

const BLOCK_BYTES = 512 * 1024;
const WORKERS = 64;
const PUT_ATTEMPTS = 12;
const GET_ATTEMPTS = 3;
const GIB = 1024 ** 3;

/*
 * A client in the shape of the public backup tools: 64 workers, retries with a growing pause,
 * blocks of zeroes neither sent nor written, each block and the whole verified by SHA-256.
 */

export interface Uploaded {
  readonly snapshotId: string;
  /** Blocks that were sent. */
  readonly blocks: number;
}

/** Uploads a raw image: of `only`, the blocks of these indexes, on top of a parent. */
export async function uploadImage(
  ebs: EBS,
  image: string,
  options: { readonly parentSnapshotId?: string; readonly only?: ReadonlySet<number> } = {},
): Promise<Uploaded> {
  const { parentSnapshotId: ParentSnapshotId, only } = options;
  const file = await open(image, "r");
  try {
    const { size } = await file.stat();
    const VolumeSize = Math.ceil(size / GIB);
    const { SnapshotId = "" } = await ebs.startSnapshot({ VolumeSize, ParentSnapshotId });
    const sums = new Map<number, Buffer>();
    await inParallel(Math.ceil(size / BLOCK_BYTES), async (BlockIndex) => {
      if (only?.has(BlockIndex) === false) return;
      const bytes = await readBlock(file, BlockIndex);
      // On a parent a block of zeroes may stand over one that was not.
      if (only === undefined && isZero(bytes)) return;
      const sum = createHash("sha256").update(bytes).digest();
      await retried(PUT_ATTEMPTS, () =>
        ebs.putSnapshotBlock({
          SnapshotId,
          BlockIndex,
          BlockData: bytes,
          DataLength: bytes.length,
          Checksum: sum.toString("base64"),
          ChecksumAlgorithm: "SHA256",
        }),
      );
      sums.set(BlockIndex, sum);
    });
    const linear = createHash("sha256");
    for (const [, sum] of [...sums].sort(([a], [b]) => a - b)) linear.update(sum);
    await ebs.completeSnapshot({
      SnapshotId,
      ChangedBlocksCount: sums.size,
      Checksum: linear.digest("base64"),
      ChecksumAlgorithm: "SHA256",
      ChecksumAggregationMethod: "LINEAR",
    });
    return { snapshotId: SnapshotId, blocks: sums.size };
  } finally {
    await file.close();
  }
}

/** Writes a snapshot's blocks into a sparse file of the volume's size. Returns how many. */
export async function downloadImage(ebs: EBS, snapshotId: string, image: string): Promise<number> {
  const blocks: Listed[] = [];
  let token: string | undefined;
  let bytes = 0;
  do {
    const page = await ebs.listSnapshotBlocks({ SnapshotId: snapshotId, NextToken: token });
    for (const { BlockIndex = 0, BlockToken = "" } of page.Blocks ?? []) {
      blocks.push({ index: BlockIndex, token: BlockToken });
    }
    token = page.NextToken;
    bytes = (page.VolumeSize ?? 0) * GIB;
  } while (token !== undefined);
  const file = await open(image, "w");
  try {
    await file.truncate(bytes);
    await fetchBlocks(ebs, { snapshotId, blocks, file });
  } finally {
    await file.close();
  }
  return blocks.length;
}

/** Brings a downloaded image from one snapshot to a later one. Returns the changed indexes. */
export async function refreshImage(
  ebs: EBS,
  { from, to, image }: { readonly from: string; readonly to: string; readonly image: string },
): Promise<readonly number[]> {
  const blocks: Listed[] = [];
  const gone: number[] = [];
  let token: string | undefined;
  do {
    const page = await ebs.listChangedBlocks({
      FirstSnapshotId: from,
      SecondSnapshotId: to,
      NextToken: token,
    });
    for (const { BlockIndex = 0, SecondBlockToken } of page.ChangedBlocks ?? []) {
      if (SecondBlockToken === undefined) gone.push(BlockIndex);
      else blocks.push({ index: BlockIndex, token: SecondBlockToken });
    }
    token = page.NextToken;
  } while (token !== undefined);
  const file = await open(image, "r+");
  try {
    for (const index of gone) await file.write(zeroes, 0, BLOCK_BYTES, index * BLOCK_BYTES);
    await fetchBlocks(ebs, { snapshotId: to, blocks, file });
  } finally {
    await file.close();
  }
  return [...gone, ...blocks.map(({ index }) => index)].sort((a, b) => a - b);
}

interface Listed {
  readonly index: number;
  readonly token: string;
}

async function fetchBlocks(
  ebs: EBS,
  { snapshotId, blocks, file }: { snapshotId: string; blocks: Listed[]; file: FileHandle },
): Promise<void> {
  await inParallel(blocks.length, async (at) => {
    const { index, token } = blocks[at] as Listed;
    const bytes = await retried(GET_ATTEMPTS, async () => {
      const asked = { SnapshotId: snapshotId, BlockIndex: index, BlockToken: token };
      const { BlockData, Checksum } = await ebs.getSnapshotBlock(asked);
      const got = (await BlockData?.transformToByteArray()) ?? new Uint8Array(0);
      if (createHash("sha256").update(got).digest("base64") === Checksum) return got;
      throw new Error(`block ${index} of ${snapshotId} fails its checksum`);
    });
    if (!isZero(bytes)) await file.write(bytes, 0, bytes.length, index * BLOCK_BYTES);
  });
}

async function readBlock(file: FileHandle, index: number): Promise<Buffer> {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  await file.read(bytes, 0, BLOCK_BYTES, index * BLOCK_BYTES);
  return bytes;
}

const zeroes: Buffer = Buffer.alloc(BLOCK_BYTES);

function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, zeroes) === 0;
}

async function inParallel(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

async function retried<T>(attempts: number, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
    }
  }
}
