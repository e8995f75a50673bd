import { createHash, hash } from "node:crypto";
import { createGzip } from "node:zlib";
import { INVENTORY_CHUNK_BYTES, INVENTORY_FILE_LINES } from "../constants.ts";
import type { EncryptionRequest } from "../encryption/encryption-types.ts";
import type { Engine } from "../engine.ts";
import { newId } from "../ids.ts";
import { putObject } from "../put-object.ts";
import { inventoryLines, inventorySchema } from "./inventory-lines.ts";
import type { Inventoried } from "./inventory-lines.ts";

/** As a manifest names them. */
interface WrittenFile {
  readonly key: string;
  readonly size: number;
  readonly MD5checksum: string;
}

/**
 * Writes one inventory as of the view: its files, then a manifest that names them, then the
 * manifest's own MD5, whose coming says that all is there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export async function writeInventory(engine: Engine, of: Inventoried): Promise<void> {
  const { inventory, name, bucket } = of;
  const { destination } = inventory;
  const folder = [destination.prefix ?? "", name, inventory.id].filter((one) => one !== "");
  const base = folder.join("/");
  const now = engine.store.clock.now();
  const to = {
    bucket: destination.bucket,
    expectedBucketOwner: destination.accountId ?? bucket.owner,
    ...encryptionOf(destination),
  };
  const lines = inventoryLines(of);
  const files: WrittenFile[] = [];
  for (let first = await lines.next(); first.done !== true; first = await lines.next()) {
    const key = `${base}/data/${newId(engine)}.csv.gz`;
    const file = new ZippedLines(first.value, lines);
    const { size } = await putObject(engine, {
      ...to,
      key,
      body: file.chunks(),
      contentType: "application/x-gzip",
    });
    files.push({ key, size, MD5checksum: file.md5() });
  }
  const manifest = JSON.stringify({
    sourceBucket: name,
    destinationBucket: `arn:aws:s3:::${destination.bucket}`,
    version: "2016-11-30",
    creationTimestamp: String(now),
    fileFormat: "CSV",
    fileSchema: inventorySchema(inventory),
    files,
  });
  const day = `${base}/${new Date(now).toISOString().slice(0, 16).replace(":", "-")}Z`;
  const body = Buffer.from(manifest);
  const json = { contentType: "application/json" };
  await putObject(engine, { ...to, key: `${day}/manifest.json`, body, ...json });
  const checksum = Buffer.from(`${hash("md5", body, "hex")}\n`);
  await putObject(engine, { ...to, key: `${day}/manifest.checksum`, body: checksum });
}

function encryptionOf({ encryption }: Inventoried["inventory"]["destination"]): EncryptionRequest {
  if (encryption === undefined) return {};
  if (encryption.by === "AES256") return { serverSideEncryption: "AES256" };
  return { serverSideEncryption: "aws:kms", ssekmsKeyId: encryption.keyId };
}

/** Up to a million lines as one compressed file. */
class ZippedLines {
  readonly #first: string;
  readonly #rest: AsyncIterator<string>;
  readonly #md5 = createHash("md5");

  constructor(first: string, rest: AsyncIterator<string>) {
    this.#first = first;
    this.#rest = rest;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const zip = createGzip();
    // What fails here ends the file with an error, which its reader meets.
    const written = this.#writeTo(zip).catch((error: unknown) => zip.destroy(error as Error));
    for await (const chunk of zip) {
      this.#md5.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
    await written;
  }

  /** Of all chunks, in hexadecimal; once. */
  md5(): string {
    return this.#md5.digest("hex");
  }

  async #writeTo(zip: ReturnType<typeof createGzip>): Promise<void> {
    let text = this.#first;
    for (let count = 1; count < INVENTORY_FILE_LINES; count++) {
      const next = await this.#rest.next();
      if (next.done === true) break;
      text += next.value;
      if (text.length < INVENTORY_CHUNK_BYTES) continue;
      await new Promise<void>((resolve, reject) => {
        zip.write(text, (error) => (error ? reject(error) : resolve()));
      });
      text = "";
    }
    zip.end(text);
  }
}
