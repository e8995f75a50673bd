import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { SeededRandom } from "@firn/core";
import { Register, contentOf } from "./load.ts";
import type { DeathWatch, Load } from "./load.ts";
import { credentials, region } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const Bucket = "survive";
const WORKERS = 3;
const KEYS_PER_WORKER = 12;
const PART_BYTES = 5 * 1024 * 1024;

/** What an object holds, by what it was made from; `undefined`: there is none. */
type Value = { readonly id: string; readonly bytes: number } | undefined;

/** Objects put, overwritten, deleted, and put together from parts. */
export class ObjectLoad implements Load {
  readonly name = "objects";
  acknowledged = 0;
  readonly #random: SeededRandom;
  readonly #watch: DeathWatch;
  readonly #registers = new Map<string, Register<Value>>();
  readonly #touched = new Set<string>();
  #made = 0;

  constructor(random: SeededRandom, watch: DeathWatch) {
    this.#random = random;
    this.#watch = watch;
    for (let worker = 0; worker < WORKERS; worker++) {
      for (let i = 0; i < KEYS_PER_WORKER; i++) {
        this.#registers.set(keyOf(worker, i), new Register<Value>(undefined, sameValue));
      }
    }
  }

  async prepare(server: ServerProcess): Promise<void> {
    await using(server, (s3) => s3.send(new CreateBucketCommand({ Bucket })));
  }

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    this.#touched.clear();
    await using(server, async (s3) => {
      const workers = Array.from({ length: WORKERS }, (_, worker) =>
        this.#watch.until(dead, () => this.#step(s3, worker)),
      );
      await Promise.all(workers);
    });
  }

  async #step(s3: S3Client, worker: number): Promise<void> {
    const key = keyOf(worker, this.#random.below(KEYS_PER_WORKER));
    const register = this.#registers.get(key)!;
    const choice = this.#random.float();
    this.#touched.add(key);
    if (choice < 0.15) return this.#readBack(s3, key);
    if (choice < 0.3) {
      register.attempt(undefined);
      await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
      register.acknowledge(undefined);
    } else if (choice < 0.33) {
      await this.#putParts(s3, key);
    } else {
      const value = this.#draw(choice < 0.85 ? 8_000 : 400_000);
      register.attempt(value);
      const Body = contentOf(value.id, value.bytes);
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
      register.acknowledge(value);
    }
    this.acknowledged++;
  }

  async #putParts(s3: S3Client, key: string): Promise<void> {
    const register = this.#registers.get(key)!;
    const value = { ...this.#draw(1), bytes: PART_BYTES + 1000 };
    const whole = contentOf(value.id, value.bytes);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: key }));
    const Parts = [];
    for (const [i, start] of [0, PART_BYTES].entries()) {
      const Body = whole.subarray(start, start + PART_BYTES);
      const PartNumber = i + 1;
      const part = { Bucket, Key: key, UploadId, PartNumber, Body };
      Parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag });
    }
    register.attempt(value);
    const MultipartUpload = { Parts };
    const complete = { Bucket, Key: key, UploadId, MultipartUpload };
    await s3.send(new CompleteMultipartUploadCommand(complete));
    register.acknowledge(value);
  }

  async #readBack(s3: S3Client, key: string): Promise<void> {
    const register = this.#registers.get(key)!;
    const before = register.candidates.length;
    const found = await readValue(s3, key, register);
    if (before > 1) return;
    register.settle(`object ${key}, read while the server ran,`, found);
  }

  async verify(server: ServerProcess, everything: boolean): Promise<void> {
    await using(server, async (s3) => {
      const sizes = await listSizes(s3);
      const keys = everything ? [...this.#registers.keys()] : [...this.#touched];
      await Promise.all(
        keys.map(async (key) => {
          const register = this.#registers.get(key)!;
          register.settle(`object ${key}`, await readValue(s3, key, register));
        }),
      );
      for (const [key, register] of this.#registers) {
        if (sizes.get(key) === register.known?.bytes) continue;
        throw new Error(`the listing has ${key} with ${sizes.get(key)} bytes`);
      }
      for (const key of sizes.keys()) {
        if (!this.#registers.has(key)) throw new Error(`the listing has ${key}, which nobody put`);
      }
    });
  }

  #draw(bytesMax: number): { id: string; bytes: number } {
    return { id: `object-${this.#made++}`, bytes: 1 + this.#random.below(bytesMax) };
  }
}

function keyOf(worker: number, i: number): string {
  return `worker-${worker}/key-${i}`;
}

function sameValue(a: Value, b: Value): boolean {
  return a?.id === b?.id && a?.bytes === b?.bytes;
}

/** Reads an object and finds which of the candidates its bytes are, each of them compared. */
async function readValue(s3: S3Client, key: string, register: Register<Value>): Promise<Value> {
  let bytes: Uint8Array;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    bytes = await Body!.transformToByteArray();
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return undefined;
    throw error;
  }
  const found = register.candidates.find(
    (one) => one !== undefined && contentOf(one.id, one.bytes).equals(bytes),
  );
  return found ?? { id: Buffer.from(bytes.subarray(0, 40)).toString(), bytes: bytes.length };
}

async function listSizes(s3: S3Client): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    for (const one of page.Contents ?? []) sizes.set(one.Key!, one.Size!);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return sizes;
}

async function using<T>(server: ServerProcess, work: (s3: S3Client) => Promise<T>): Promise<T> {
  const { endpoint } = server;
  const s3 = new S3Client({ endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true });
  try {
    return await work(s3);
  } finally {
    s3.destroy();
  }
}
