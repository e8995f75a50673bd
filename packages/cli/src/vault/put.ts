import { open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TreeHasher, treeHashHex } from "@firn/firn";
import { CommandError } from "../command-error.ts";
import { Progress } from "../progress.ts";
import type { ShowProgress } from "../progress.ts";
import { pathOf } from "./glacier-client.ts";
import type { GlacierClient } from "./glacier-client.ts";
import { StateFile } from "./state-file.ts";

const MIB: number = 1024 * 1024;
const PARTS_MAX = 10_000;
/** Parts are powers of two of MiB: this one, or larger where the file would have too many. */
const PART_BYTES_MIN: number = 8 * MIB;
const PAGE_PARTS = 50;

export interface PutOptions {
  readonly vault: string;
  readonly file: string;
  readonly description: string;
}

export interface Put {
  readonly archiveId: string;
  readonly bytes: number;
  readonly treeHash: string;
  /** Bytes that an earlier try had brought already. */
  readonly resumedBytes: number;
}

interface Upload {
  readonly vault: string;
  readonly uploadId: string;
  readonly partBytes: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

interface Source {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * Uploads a file. Broken off, it goes on where it was when it is called again: what it has to
 * remember lies beside the file, and every part that the service has is compared by its hash.
 */
export async function putFile(
  client: GlacierClient,
  options: PutOptions,
  show: ShowProgress | undefined,
): Promise<Put> {
  const handle = await open(options.file).catch(() => {
    throw new CommandError(2, `There is no file ${options.file} to be read.`);
  });
  try {
    const { size, mtimeMs } = await stat(options.file);
    if (size === 0) throw new CommandError(2, "An archive has at least one byte.");
    const source = { handle, bytes: size, modifiedMs: mtimeMs };
    if (size <= PART_BYTES_MIN) return await putWhole(client, options, source);
    return await putParts(client, { ...options, source }, show);
  } finally {
    await handle.close();
  }
}

async function putWhole(
  client: GlacierClient,
  { vault, description }: PutOptions,
  { handle, bytes }: Source,
): Promise<Put> {
  const body = await readAt(handle, 0, bytes);
  const treeHash = treeHashHex(body);
  const headers = {
    "x-amz-sha256-tree-hash": treeHash,
    "x-amz-archive-description": description,
  };
  const path = pathOf("vaults", vault, "archives");
  const answer = await client.send({ method: "POST", path, headers, body });
  return { archiveId: archiveIdOf(answer), bytes, treeHash, resumedBytes: 0 };
}

async function putParts(
  client: GlacierClient,
  options: PutOptions & { readonly source: Source },
  show: ShowProgress | undefined,
): Promise<Put> {
  const { vault, source } = options;
  const { handle, bytes } = source;
  const state = new StateFile<Upload>(`${options.file}.firn-upload`);
  const upload = (await resumable(client, state, options)) ?? (await begin(client, state, options));
  const path = pathOf("vaults", vault, "multipart-uploads", upload.uploadId);
  const there = await partsThere(client, path);
  const whole = new TreeHasher();
  const progress = new Progress(show);
  let resumedBytes = 0;
  for (let start = 0; start < bytes; start += upload.partBytes) {
    const body = await readAt(handle, start, Math.min(upload.partBytes, bytes - start));
    const treeHash = treeHashHex(body);
    const range = `${start}-${start + body.length - 1}`;
    whole.update(body);
    if (there.get(range) === treeHash) resumedBytes += body.length;
    else {
      const headers = {
        "content-range": `bytes ${range}/*`,
        "x-amz-sha256-tree-hash": treeHash,
      };
      await client.send({ method: "PUT", path, headers, body });
    }
    progress.update(start + body.length, bytes);
  }
  progress.end();
  const treeHash = Buffer.from(whole.digest().treeHash).toString("hex");
  const headers = { "x-amz-archive-size": `${bytes}`, "x-amz-sha256-tree-hash": treeHash };
  const answer = await client.send({ method: "POST", path, headers });
  await state.remove();
  return { archiveId: archiveIdOf(answer), bytes, treeHash, resumedBytes };
}

/** An upload of this very file that an earlier call began, and that the service still has. */
async function resumable(
  client: GlacierClient,
  state: StateFile<Upload>,
  { vault, source }: PutOptions & { readonly source: Source },
): Promise<Upload | undefined> {
  const known = await state.read();
  const isThisFile =
    known?.vault === vault &&
    known.bytes === source.bytes &&
    known.modifiedMs === source.modifiedMs;
  if (!isThisFile) return undefined;
  const path = pathOf("vaults", vault, "multipart-uploads", known.uploadId);
  return client
    .send({ method: "GET", path: `${path}?limit=1` })
    .then(() => known)
    .catch((error: CommandError) => {
      if (error.exitCode !== 1) throw error;
      return undefined;
    });
}

async function begin(
  client: GlacierClient,
  state: StateFile<Upload>,
  { vault, description, source }: PutOptions & { readonly source: Source },
): Promise<Upload> {
  const { bytes, modifiedMs } = source;
  let partBytes = PART_BYTES_MIN;
  while (partBytes * PARTS_MAX < bytes) partBytes *= 2;
  const headers = { "x-amz-part-size": `${partBytes}`, "x-amz-archive-description": description };
  const path = pathOf("vaults", vault, "multipart-uploads");
  const answer = await client.send({ method: "POST", path, headers });
  const uploadId = answer.headers.get("x-amz-multipart-upload-id") ?? "";
  const upload = { vault, uploadId, partBytes, bytes, modifiedMs };
  await state.write(upload);
  return upload;
}

interface PartsPage {
  readonly Parts: readonly { readonly RangeInBytes: string; readonly SHA256TreeHash: string }[];
  readonly Marker?: string | null;
}

/** Tree hashes by range. */
async function partsThere(client: GlacierClient, path: string): Promise<Map<string, string>> {
  const parts = new Map<string, string>();
  let marker: string | null = null;
  do {
    const from: string = marker === null ? "" : `&marker=${encodeURIComponent(marker)}`;
    const page: PartsPage = await client.read({
      method: "GET",
      path: `${path}?limit=${PAGE_PARTS}${from}`,
    });
    for (const { RangeInBytes, SHA256TreeHash } of page.Parts) {
      parts.set(RangeInBytes, SHA256TreeHash);
    }
    marker = page.Marker ?? null;
  } while (marker !== null);
  return parts;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new CommandError(1, "The file became shorter while it was read.");
    filled += bytesRead;
  }
  return bytes;
}

function archiveIdOf(answer: Response): string {
  return answer.headers.get("x-amz-archive-id") ?? "";
}
