import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { coreError } from "../errors.ts";
import { decodeKeyText, keyFromBytes } from "../seal/key-bytes.ts";
import type { KeyProvider } from "../seal/key-provider.ts";
import { NodeFileSystem } from "./node-file-system.ts";
import { NodeRandom } from "./node-random.ts";

const KEY_BYTES = 32;
/** A key as text with white space around it; longer files are something else. */
const FILE_BYTES_MAX = 256;
const OTHERS = 0o077;

/**
 * A provider whose key is a file: 32 bytes, or 64 hex digits, or 44 characters of base64.
 * @throws FIRN_ENCRYPTION_KEY_INVALID when it is none of these, when others than its owner may read
 *   it, or when it cannot be read.
 */
export async function keyFromFile(path: string): Promise<KeyProvider> {
  const bytes = await readSecret(path);
  if (bytes.length === KEY_BYTES) return keyFromBytes({ key: bytes });
  const key = decodeKeyText(bytes.toString("latin1").trim());
  if (key !== undefined) return keyFromBytes({ key });
  throw unusable(path, "it holds neither 32 bytes, nor them in hex or base64");
}

/** What a file holds that nobody but its owner may read. @throws FIRN_ENCRYPTION_KEY_INVALID. */
export async function readSecret(path: string): Promise<Buffer> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw unusable(path, (error as Error).message);
  });
  try {
    const { mode, size } = await handle.stat();
    if ((mode & OTHERS) !== 0) throw unusable(path, "others may read it: chmod 600 it first");
    if (size > FILE_BYTES_MAX) throw unusable(path, `it has more than ${FILE_BYTES_MAX} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a key file that only its owner may read, and never replaces one. Durable when it resolves.
 * @throws FIRN_ENCRYPTION_KEY_INVALID when there is a file of that name, or none can be made.
 */
export async function makeKeyFile(path: string): Promise<KeyProvider> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  const key = new NodeRandom().bytes(KEY_BYTES);
  const handle = await open(path, flags, 0o600).catch((error: unknown) => {
    throw unusable(path, (error as Error).message);
  });
  try {
    await handle.writeFile(`${Buffer.from(key).toString("hex")}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await new NodeFileSystem().syncDirectory(dirname(path));
  return keyFromBytes({ key });
}

function unusable(path: string, why: string): Error {
  const message = `cannot use the key file ${path}: ${why}`;
  return coreError("FIRN_ENCRYPTION_KEY_INVALID", message, { detail: { path } });
}
