import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { decodeKey } from "@firn/core";
import type { ReadView } from "@firn/core";
import { invalid } from "./errors.ts";
import { decode, encode, ownedPrefixes, read, rootKeys, vaultKeys, within } from "./records.ts";
import type { ArchiveRecord, ManifestKeyRecord, VaultRecord } from "./records.ts";
import { toHex } from "./tree-hash.ts";
import type { Session } from "./vault-access.ts";

/**
 * A vault's manifest: what was in it at one moment, signed by the store. Lines of JSON: a head, a
 * line per archive, and a foot whose signature (Ed25519) is over the SHA-256 of all bytes before
 * it. Whoever noted the public key knows years later that no line was added, taken or changed.
 */
export interface VaultManifest {
  readonly accountId: string;
  readonly region: string;
  readonly vaultName: string;
  /** Each ends with a line feed; to be iterated once. */
  readonly lines: AsyncIterable<string>;
}

/** What a manifest says that holds. */
export interface CheckedManifest {
  readonly storeId: string;
  readonly accountId: string;
  readonly region: string;
  readonly vaultName: string;
  /** Milliseconds since 1970 UTC. */
  readonly madeAt: number;
  readonly archives: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly publicKey: string;
}

interface ManifestHead {
  readonly format: typeof FORMAT;
  readonly storeId: string;
  readonly accountId: string;
  readonly region: string;
  readonly vaultName: string;
  readonly madeAt: number;
}

interface ManifestFoot {
  readonly archives: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly publicKey: string;
  readonly signature: string;
}

const FORMAT = "firn-vault-manifest-1";
const SEED_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const PRIVATE_PREFIX: Buffer = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX: Buffer = Buffer.from("302a300506032b6570032100", "hex");

/** The manifests of all vaults of all accounts and regions, each as of its own moment. */
export async function* vaultManifests(session: Session): AsyncGenerator<VaultManifest, void, void> {
  const { store, root } = session;
  const key = await signingKey(session);
  const view = store.view();
  try {
    for await (const { key: at, value } of view.range(root, within(ownedPrefixes.vaults()))) {
      const [, accountId, region, vaultName] = decodeKey(at, ["text", "text", "text", "text"]);
      const name = { accountId, region, vaultName } as Omit<VaultManifest, "lines">;
      const head: ManifestHead = {
        format: FORMAT,
        storeId: store.id,
        ...name,
        madeAt: store.clock.now(),
      };
      yield { ...name, lines: linesOf(view, decode<VaultRecord>(value), { head, key }) };
    }
  } finally {
    view.close();
  }
}

/** The public key that manifests of this store are signed with, 64 hex digits. */
export async function manifestPublicKey(session: Session): Promise<string> {
  return publicHex(await signingKey(session));
}

async function* linesOf(
  view: ReadView,
  { space }: VaultRecord,
  { head, key }: { readonly head: ManifestHead; readonly key: KeyObject },
): AsyncGenerator<string, void, void> {
  const hash = createHash("sha256");
  const line = (value: object): string => {
    const text = `${JSON.stringify(value)}\n`;
    hash.update(text);
    return text;
  };
  let [archives, bytes] = [0, 0];
  yield line(head);
  for await (const { value } of view.range(space, within(vaultKeys.archives()))) {
    const { id, size, treeHash, createdAt, description } = decode<ArchiveRecord>(value);
    archives++;
    bytes += size;
    yield line({ archiveId: id, size, treeHash: toHex(treeHash), createdAt, description });
  }
  const counts = `${JSON.stringify({ archives, bytes })}\n`;
  const digest = hash.update(counts).digest();
  const signature = sign(null, digest, key).toString("hex");
  const publicKey = publicHex(key);
  const foot: ManifestFoot = { archives, bytes, sha256: toHex(digest), publicKey, signature };
  yield `${JSON.stringify(foot)}\n`;
}

/**
 * Verifies a manifest as it streams by. Without a key that is known from elsewhere it only shows
 * that the manifest is as it was signed, not by whom.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID saying what does not hold.
 */
export async function checkManifest(
  lines: AsyncIterable<string>,
  publicKey?: string | undefined,
): Promise<CheckedManifest> {
  const hash = createHash("sha256");
  let head: ManifestHead | undefined;
  let last: string | undefined;
  let [archives, bytes] = [0, 0];
  for await (const line of lines) {
    if (last !== undefined) {
      hash.update(`${last}\n`);
      const value = parseLine<Partial<ManifestHead & { size: number }>>(last);
      if (head === undefined) head = value as ManifestHead;
      else [archives, bytes] = [archives + 1, bytes + (value.size ?? Number.NaN)];
    }
    last = line.endsWith("\n") ? line.slice(0, -1) : line;
  }
  if (head?.format !== FORMAT || last === undefined) throw invalid("This is no vault manifest");
  const foot = parseLine<ManifestFoot>(last);
  hash.update(`${JSON.stringify({ archives, bytes })}\n`);
  const digest = hash.digest();
  if (foot.archives !== archives || foot.bytes !== bytes || foot.sha256 !== toHex(digest)) {
    throw invalid("The manifest has been changed: its lines are not those that were signed");
  }
  if (publicKey !== undefined && publicKey.toLowerCase() !== foot.publicKey) {
    throw invalid("The manifest was signed with another key");
  }
  if (!isSigned(digest, foot)) throw invalid("The signature of the manifest does not hold");
  const { storeId, accountId, region, vaultName, madeAt } = head;
  const about = { storeId, accountId, region, vaultName, madeAt };
  return { ...about, archives, bytes, publicKey: foot.publicKey };
}

function isSigned(digest: Uint8Array, { publicKey, signature }: ManifestFoot): boolean {
  const isHex = (text: unknown, chars: number): boolean =>
    typeof text === "string" && text.length === chars && /^[0-9a-f]+$/.test(text);
  if (!isHex(publicKey, 2 * SEED_BYTES) || !isHex(signature, 128)) return false;
  const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(publicKey, "hex")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, digest, key, Buffer.from(signature, "hex"));
}

function parseLine<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch {
    throw invalid("This is no vault manifest: a line is not JSON");
  }
}

/** Drawn once, by the first manifest, and kept in the store. */
async function signingKey({ store, root }: Session): Promise<KeyObject> {
  const drawn = store.random.bytes(SEED_BYTES);
  const at = rootKeys.manifestKey();
  const seed = await store.transact(
    (tx) => {
      const known = read<ManifestKeyRecord>(tx, root, at);
      if (known === undefined) tx.put(root, at, encode({ seed: drawn }));
      return known?.seed ?? drawn;
    },
    { reads: [[root, at]] },
  );
  const der = Buffer.concat([PRIVATE_PREFIX, seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function publicHex(key: KeyObject): string {
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  return der.toString("hex", PUBLIC_PREFIX.length);
}
