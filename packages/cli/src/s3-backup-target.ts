import { FirnError } from "@firn/core";
import type { BackupFile, BackupTarget } from "@firn/core";
import { S3Client, S3Error, tagsIn } from "./s3-client.ts";
import type { S3Place } from "./s3-client.ts";

/** Larger files go in parts of this size, so that a broken connection costs no more than one. */
const PART_BYTES: number = 16 * 1024 * 1024;
/** Tries to go on with a file whose connection breaks. */
const RESUMES_MAX = 5;

export interface S3BackupTargetOptions extends S3Place {
  /** What all keys begin with; without a slash at either end. */
  readonly prefix: string;
}

/** Backups in a bucket of any service that speaks S3. One part of 16 MiB is all that it holds. */
export class S3BackupTarget implements BackupTarget {
  readonly where: string;
  readonly #client: S3Client;
  readonly #prefix: string;

  constructor(options: S3BackupTargetOptions) {
    this.#client = new S3Client(options);
    this.#prefix = options.prefix === "" ? "" : `${options.prefix}/`;
    this.where = `s3://${options.bucket}/${options.prefix}`;
  }

  async *list(prefix: string): AsyncGenerator<BackupFile> {
    let token: string | undefined;
    do {
      const query = {
        "list-type": "2",
        prefix: `${this.#prefix}${prefix}`,
        ...(token === undefined ? {} : { "continuation-token": token }),
      };
      const response = await this.#call(() => this.#client.send({ method: "GET", query }));
      const xml = await response.text();
      const sizes = tagsIn(xml, "Size");
      for (const [at, key] of tagsIn(xml, "Key").entries()) {
        yield { name: key.slice(this.#prefix.length), bytes: Number(sizes[at]) };
      }
      token = tagsIn(xml, "NextContinuationToken")[0];
    } while (token !== undefined);
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const key = this.#key(name);
    let offset = 0;
    for (let resumes = 0; ; resumes++) {
      const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const response = await this.#call(() => this.#client.send({ method: "GET", key, headers }));
      try {
        for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
          offset += bytes.length;
          yield bytes;
        }
        return;
      } catch (error) {
        if (resumes === RESUMES_MAX) throw this.#error(error);
      }
    }
  }

  async write({ name, bytes }: BackupFile, body: AsyncIterable<Uint8Array>): Promise<void> {
    const key = this.#key(name);
    if (bytes <= PART_BYTES) {
      let whole: Uint8Array = new Uint8Array(0);
      for await (const part of cut(body)) whole = part;
      await this.#call(() => this.#client.send({ method: "PUT", key, body: whole }));
    } else {
      await this.#call(() => this.#writeParts(key, body));
    }
  }

  async remove(name: string): Promise<void> {
    await this.#call(() => this.#client.send({ method: "DELETE", key: this.#key(name) }));
  }

  async #writeParts(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const begun = await this.#client.send({ method: "POST", key, query: { uploads: "" } });
    const uploadId = tagsIn(await begun.text(), "UploadId")[0] ?? "";
    try {
      const parts: string[] = [];
      for await (const part of cut(body)) {
        const partNumber = String(parts.length + 1);
        const query = { partNumber, uploadId };
        const response = await this.#client.send({ method: "PUT", key, query, body: part });
        await response.arrayBuffer();
        const etag = response.headers.get("etag") ?? "";
        parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag></Part>`);
      }
      await this.#complete({ key, uploadId, parts });
    } catch (error) {
      const query = { uploadId };
      await this.#client.send({ method: "DELETE", key, query }).catch(() => undefined);
      throw error;
    }
  }

  async #complete(upload: { key: string; uploadId: string; parts: string[] }): Promise<void> {
    const { key, uploadId, parts } = upload;
    const xml = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    const body = Buffer.from(xml);
    const response = await this.#client.send({ method: "POST", key, query: { uploadId }, body });
    // S3 may find out that it failed when it has said 200 already.
    const text = await response.text();
    const [code] = text.includes("<Error>") ? tagsIn(text, "Code") : [];
    if (code === undefined) return;
    throw new S3Error(500, code, tagsIn(text, "Message")[0] ?? "the upload was not completed");
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  async #call<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw this.#error(error);
    }
  }

  #error(error: unknown): Error {
    if (error instanceof FirnError) return error;
    const { where } = this;
    const text = `${where}: ${(error as Error).message}`;
    const isMissing = error instanceof S3Error && error.code === "NoSuchKey";
    return isMissing
      ? new FirnError("corruption", "FIRN_BACKUP_DAMAGED", text, { cause: error })
      : new FirnError("unavailable", "FIRN_BACKUP_UNREACHABLE", text, { cause: error });
  }
}

/** Pieces of exactly one part, the last one aside. */
async function* cut(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const bytes of body) {
    let rest = bytes;
    while (rest.length > 0) {
      const part = rest.subarray(0, PART_BYTES - heldBytes);
      held.push(part);
      heldBytes += part.length;
      rest = rest.subarray(part.length);
      if (heldBytes < PART_BYTES) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
