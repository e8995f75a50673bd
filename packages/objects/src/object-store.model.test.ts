import { rm } from "node:fs/promises";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { BlobId, Store, Transaction } from "@firn/core";
import { expect, test } from "vitest";
import { ObjectStore } from "./object-store.ts";

/** Histories of the engine against a plain map, with the store opened anew in between. */

const HISTORIES = 8;
const STEPS = 120;
const bucket = "model";
const KEYS = ["a", "a/", "a/b", "a//b", "b", "é", "😀"];

/** References that committed transactions have taken of blobs, less those given back. */
class BlobLedger {
  readonly references = new Map<BlobId, number>();

  watch(store: Store): Store {
    const transact: Store["transact"] = async (body, options) => {
      let taken: [BlobId, number][] = [];
      const result = await store.transact((tx) => {
        // A body may run again: only its last run counts.
        taken = [];
        return body(this.#watchTransaction(tx, taken));
      }, options);
      for (const [id, change] of taken) this.#change(id, change);
      return result;
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "transact") return transact;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #watchTransaction(tx: Transaction, taken: [BlobId, number][]): Transaction {
    const watched: Partial<Transaction> = {
      attachBlob: (blob) => {
        const id = tx.attachBlob(blob);
        taken.push([id, 1]);
        return id;
      },
      retainBlob: (id) => {
        tx.retainBlob(id);
        taken.push([id, 1]);
      },
      releaseBlob: (id) => {
        tx.releaseBlob(id);
        taken.push([id, -1]);
      },
    };
    return new Proxy(tx, {
      get: (target, name) => {
        const own: unknown = Reflect.get(watched, name);
        if (own !== undefined) return own;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #change(id: BlobId, change: number): void {
    const count = (this.references.get(id) ?? 0) + change;
    if (count === 0) this.references.delete(id);
    else this.references.set(id, count);
  }
}

/** What both kinds of history stand on. */
class HistoryOfBucket {
  readonly random: SeededRandom;
  readonly ledger: BlobLedger = new BlobLedger();
  objects!: ObjectStore;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)] as T;
  }

  /** `undefined`: there is nothing to be read. */
  async expectBytes(
    named: { readonly key: string; readonly versionId?: string },
    body: Uint8Array | undefined,
  ): Promise<void> {
    const reading = this.objects.getObject({ bucket, ...named });
    if (body === undefined) {
      await expect(reading).rejects.toThrow(/does not exist|not allowed/);
      return;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await reading).body) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
  }

  /** Empties the bucket and removes it; each of `named` bodies has one reference until then. */
  async end(
    objects: readonly { readonly key: string; readonly versionId?: string }[],
    bodies: readonly (Uint8Array | undefined)[],
  ): Promise<void> {
    const references = [...this.ledger.references.values()].reduce((sum, one) => sum + one, 0);
    expect(references).toBe(bodies.filter((body) => (body?.length ?? 0) > 0).length);
    if (objects.length > 0) {
      await expect(this.objects.deleteBucket({ bucket })).rejects.toThrow("not empty");
      await this.objects.deleteObjects({ bucket, objects });
    }
    expect(this.ledger.references.size).toBe(0);
    await this.objects.deleteBucket({ bucket });
  }
}

class History extends HistoryOfBucket {
  readonly #model = new Map<string, Buffer>();
  readonly #uploads: { key: string; uploadId: string; body: Buffer; eTag: string }[] = [];

  async step(): Promise<void> {
    const steps = [
      () => this.#put(),
      () => this.#put(),
      () => this.#delete(),
      () => this.#deleteMany(),
      () => this.#copy(),
      () => this.#begin(),
      () => this.#complete(),
      () => this.#check(),
    ];
    await this.pick(steps)();
  }

  /** Everything that the model knows, and no reference more. */
  async finish(): Promise<void> {
    for (const { key, uploadId } of this.#uploads) {
      await this.objects.abortMultipartUpload({ bucket, key, uploadId });
    }
    await this.#list("", "");
    for (const [key, body] of this.#model) await this.expectBytes({ key }, body);
    const objects = [...this.#model.keys()].map((key) => ({ key }));
    await this.end(objects, [...this.#model.values()]);
  }

  async #put(): Promise<void> {
    const key = this.pick(KEYS);
    const body = this.#bytes();
    const condition = this.pick([undefined, undefined, "*"]);
    const put = this.objects.putObject({ bucket, key, body, ifNoneMatch: condition });
    if (condition === "*" && this.#model.has(key)) await expect(put).rejects.toThrow();
    else {
      await put;
      this.#model.set(key, body);
    }
  }

  async #delete(): Promise<void> {
    const key = this.pick(KEYS);
    await this.objects.deleteObject({ bucket, key });
    this.#model.delete(key);
  }

  async #deleteMany(): Promise<void> {
    const keys = KEYS.filter(() => this.random.below(3) === 0);
    if (keys.length === 0) return;
    await this.objects.deleteObjects({ bucket, objects: keys.map((key) => ({ key })) });
    for (const key of keys) this.#model.delete(key);
  }

  async #copy(): Promise<void> {
    const [sourceKey, key] = [this.pick(KEYS), this.pick(KEYS)];
    const request = { bucket, key, sourceBucket: bucket, sourceKey } as const;
    const copied = this.objects.copyObject({ ...request, metadataDirective: "REPLACE" });
    const source = this.#model.get(sourceKey);
    if (source === undefined) await expect(copied).rejects.toThrow();
    else {
      await copied;
      this.#model.set(key, source);
    }
  }

  async #begin(): Promise<void> {
    const key = this.pick(KEYS);
    const { uploadId } = await this.objects.createMultipartUpload({ bucket, key });
    const body = this.#bytes();
    // The second part is dropped when the upload is completed, or aborted with it.
    const parts = [1, 2].map((partNumber) =>
      this.objects.uploadPart({ bucket, key, uploadId, partNumber, body }),
    );
    const [first] = await Promise.all(parts);
    this.#uploads.push({ key, uploadId, body, eTag: first?.eTag ?? "" });
  }

  async #complete(): Promise<void> {
    const upload = this.#uploads.shift();
    if (upload === undefined) return;
    const { key, uploadId, body, eTag } = upload;
    if (this.random.below(3) === 0) {
      await this.objects.abortMultipartUpload({ bucket, key, uploadId });
      return;
    }
    const parts = [{ partNumber: 1, eTag }];
    await this.objects.completeMultipartUpload({ bucket, key, uploadId, parts });
    this.#model.set(key, body);
  }

  async #check(): Promise<void> {
    const key = this.pick(KEYS);
    await this.expectBytes({ key }, this.#model.get(key));
    await this.#list(this.pick(["", "a", "a/"]), this.pick(["", "/"]));
  }

  async #list(prefix: string, delimiter: string): Promise<void> {
    const listed: string[] = [];
    const request = { bucket, prefix, delimiter, maxKeys: 1 + this.random.below(4) };
    for await (const page of this.objects.listObjectsV2(request).pages()) {
      listed.push(...page.contents.map((one) => one.key), ...page.commonPrefixes);
    }
    const shown = [...this.#model.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        return at < 0 ? key : key.slice(0, at + 1);
      });
    expect(listed.toSorted()).toEqual([...new Set(shown)].toSorted());
  }

  #bytes(): Buffer {
    const size = this.pick([0, 1, 700, 65_536, 70_000, 200_000]);
    return Buffer.alloc(size, this.random.below(256));
  }
}

interface ModelVersion {
  readonly versionId: string;
  /** `undefined`: a delete marker. */
  readonly body: Uint8Array | undefined;
}

/** The versions of each key, newest first. */
class VersionedHistory extends HistoryOfBucket {
  readonly #model = new Map<string, ModelVersion[]>();
  #status: "Enabled" | "Suspended" | undefined;

  async step(): Promise<void> {
    const steps = [
      () => this.#put(),
      () => this.#put(),
      () => this.#delete(),
      () => this.#deleteVersions(),
      () => this.#copy(),
      () => this.#switch(),
      () => this.#check(),
    ];
    await this.pick(steps)();
  }

  async finish(): Promise<void> {
    await this.#check();
    const all = [...this.#model.values()].flat();
    const objects = [...this.#model].flatMap(([key, versions]) =>
      versions.map(({ versionId }) => ({ key, versionId })),
    );
    await this.end(
      objects,
      all.map(({ body }) => body),
    );
  }

  async #switch(): Promise<void> {
    if (this.random.below(3) > 0) return;
    this.#status = this.pick(["Enabled", "Enabled", "Suspended"] as const);
    await this.objects.putBucketVersioning({ bucket, status: this.#status });
  }

  async #put(): Promise<void> {
    const key = this.pick(KEYS);
    const body = Buffer.alloc(this.pick([0, 1, 70_000]), this.random.below(256));
    const put = await this.objects.putObject({ bucket, key, body });
    this.#written(key, { versionId: put.versionId ?? "null", body });
  }

  async #copy(): Promise<void> {
    const [sourceKey, key] = [this.pick(KEYS), this.pick(KEYS)];
    const source = this.pick(this.#versions(sourceKey));
    if (source?.body === undefined) return;
    const copied = await this.objects.copyObject({
      ...{ bucket, key, sourceBucket: bucket, sourceKey },
      sourceVersionId: source.versionId,
    });
    this.#written(key, { versionId: copied.versionId ?? "null", body: source.body });
  }

  async #delete(): Promise<void> {
    const key = this.pick(KEYS);
    const deleted = await this.objects.deleteObject({ bucket, key });
    if (this.#status === undefined) {
      this.#model.delete(key);
      return;
    }
    expect(deleted.deleteMarker).toBe(true);
    this.#written(key, { versionId: deleted.versionId ?? "", body: undefined });
  }

  /** Several of one key in one call: each must see what the ones before have done. */
  async #deleteVersions(): Promise<void> {
    const key = this.pick(KEYS);
    const gone = this.#versions(key).filter(() => this.random.below(2) === 0);
    if (gone.length === 0) return;
    const objects = gone.map(({ versionId }) => ({ key, versionId }));
    const { deleted } = await this.objects.deleteObjects({ bucket, objects });
    expect(deleted.map(({ deleteMarker }) => deleteMarker === true)).toEqual(
      gone.map(({ body }) => body === undefined),
    );
    const kept = this.#versions(key).filter((version) => !gone.includes(version));
    this.#model.set(key, kept);
  }

  #written(key: string, version: ModelVersion): void {
    const isKept = (one: ModelVersion): boolean =>
      this.#status === "Enabled" || one.versionId !== "null";
    if (this.#status === "Enabled") expect(version.versionId).toMatch(/^[0-9a-f]{32}$/);
    else expect(version.versionId).toBe("null");
    this.#model.set(key, [version, ...this.#versions(key).filter(isKept)]);
  }

  async #check(): Promise<void> {
    const key = this.pick(KEYS);
    for (const { versionId, body } of this.#versions(key)) {
      await this.expectBytes({ key, versionId }, body);
    }
    await this.expectBytes({ key }, this.#versions(key)[0]?.body);
    const shown = [...this.#model]
      .toSorted(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .flatMap(([name, versions]) =>
        versions.map(({ versionId }, at) => ({ key: name, versionId, isLatest: at === 0 })),
      );
    const maxKeys = 1 + this.random.below(4);
    const listed = [];
    for await (const version of this.objects.listObjectVersions({ bucket, maxKeys })) {
      const { key: name, versionId, isLatest } = version;
      listed.push({ key: name, versionId, isLatest });
    }
    expect(listed).toEqual(shown);
  }

  #versions(key: string): readonly ModelVersion[] {
    return this.#model.get(key) ?? [];
  }
}

test("the engine does what a map does, and holds no blob that nothing names", async () => {
  await runHistories((random) => new History(random));
});

test("versions are kept, named, deleted and listed as in a list per key", async () => {
  await runHistories((random) => new VersionedHistory(random));
});

async function runHistories(
  begin: (random: SeededRandom) => History | VersionedHistory,
): Promise<void> {
  const seed = Number(process.env["FIRN_SEED"] ?? 20261124);
  process.stdout.write(`FIRN_SEED=${seed}\n`);
  for (let at = 0; at < HISTORIES; at++) {
    const history = begin(new SeededRandom(seed + at));
    const directory = await makeTemporaryDirectory();
    let store = await openStore({ directory, ephemeral: true });
    history.objects = await ObjectStore.open({ store: history.ledger.watch(store) });
    await history.objects.createBucket({ bucket });
    for (let step = 1; step <= STEPS; step++) {
      await history.step();
      if (step % 40 !== 0) continue;
      await store.close();
      store = await openStore({ directory, ephemeral: true });
      history.objects = await ObjectStore.open({ store: history.ledger.watch(store) });
    }
    await history.finish();
    await store.close();
    await rm(directory, { recursive: true });
  }
}
