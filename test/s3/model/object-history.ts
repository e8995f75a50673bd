import { FirnError } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { makeMachine, restartMachine, turn } from "@firn/testing";
import type { OpenMachine, SimCore } from "@firn/testing";
import { bucket, plannedCall } from "./object-calls.ts";
import type { PlannedCall } from "./object-calls.ts";
import { ANY, currentOf, fits, isRefused, pictureOf, versionLine } from "./object-model.ts";
import type { ModelState, ModelVersion, Picture } from "./object-model.ts";
import type { ObjectOperation } from "./object-operation.ts";

const HOUR_MS = 3_600_000;

type Crash = Extract<ObjectOperation, { readonly kind: "crash" }>;
type Opened = Awaited<ReturnType<SimCore["open"]>>;

/** One history of the engine on a simulated disk, beside the model. */
export class ObjectHistory {
  crashes = 0;
  readonly #core: SimCore;
  readonly #locked: boolean;
  #machine: OpenMachine;
  #store!: Opened;
  #objects!: ObjectStore;
  #state: ModelState;
  /** The power fails in the middle of the next change. */
  #crash: Crash | undefined;
  #bodies = 0;

  constructor(
    core: SimCore,
    { seed, locked }: { readonly seed: number; readonly locked: boolean },
  ) {
    this.#core = core;
    this.#locked = locked;
    this.#machine = makeMachine(seed);
    const status = locked ? "Enabled" : undefined;
    this.#state = { locked, status, keys: new Map(), uploads: [] };
  }

  /** @throws an error that tells the first difference. */
  async run(history: readonly ObjectOperation[]): Promise<void> {
    await this.#open();
    await this.#objects.createBucket({ bucket, objectLockEnabledForBucket: this.#locked });
    for (const operation of history) await this.#step(operation);
    await this.#restart("crash");
    await this.#adopt([this.#state], "the end");
    await this.#readAll();
    await this.#close();
    const problems = await this.#core.check(this.#machine);
    if (problems.length > 0) throw new Error(`firn check finds ${problems.join()}`);
  }

  async #step(operation: ObjectOperation): Promise<void> {
    switch (operation.kind) {
      case "nothing":
        return;
      case "crash":
        this.#crash = operation;
        return;
      case "advance":
        this.#machine.clock.advance(operation.hours * HOUR_MS);
        return;
      case "reopen":
        await this.#close();
        await this.#open();
        return;
      case "look":
        await this.#read(operation.key);
        await this.#list(operation);
        return;
      default:
        await this.#change(operation);
    }
  }

  async #change(operation: ObjectOperation): Promise<void> {
    const nowMs = this.#store.clock.now();
    const draw = (bytes: number): Buffer => Buffer.alloc(bytes, `${++this.#bodies}.`);
    const planned = plannedCall(operation, { state: this.#state, nowMs, draw });
    if (planned === undefined) return;
    const what = JSON.stringify(operation);
    const crash = this.#crash;
    this.#crash = undefined;
    if (crash !== undefined) return await this.#interrupted(planned, { crash, what });
    const { code, result } = await answerOf(planned.run(this.#objects));
    this.#expectCode(planned, code, what);
    if (isRefused(planned.outcome)) return;
    // What it told is looked at when the power has failed next.
    const state = told(planned.outcome, result);
    if (isNamed(state)) this.#state = state;
    else await this.#adopt([state], what);
  }

  #expectCode({ outcome }: PlannedCall, code: string | undefined, what: string): void {
    const expected: readonly unknown[] = isRefused(outcome) ? outcome : [undefined];
    if (expected.includes(code)) return;
    throw new Error(`${what} ended with ${code}, and not with ${expected.join(" or ")}`);
  }

  /** All of it happened, or nothing; all of it, when that was told. */
  async #interrupted(
    planned: PlannedCall,
    { crash, what }: { readonly crash: Crash; readonly what: string },
  ): Promise<void> {
    const { outcome } = planned;
    const heard: { answer?: Answer } = {};
    // What a process without power is told, nobody hears.
    answerOf(planned.run(this.#objects)).then(
      (answer) => (heard.answer = answer),
      (error: unknown) => (heard.answer = { code: String(error), result: undefined }),
    );
    for (let at = 0; at < crash.turns && heard.answer === undefined; at++) await turn();
    const { answer } = heard;
    await this.#restart(crash.process ? "kill" : "crash");
    if (answer !== undefined) this.#expectCode(planned, answer.code, what);
    const before = this.#state;
    const after = isRefused(outcome) ? before : outcome;
    await this.#adopt(answer === undefined ? [before, after] : [after], `${what}, cut off`);
  }

  async #open(): Promise<void> {
    this.#store = await this.#core.open(this.#machine);
    this.#objects = await ObjectStore.open({ store: this.#store });
  }

  async #close(): Promise<void> {
    await this.#objects.close();
    await this.#store.close();
  }

  async #restart(how: "crash" | "kill"): Promise<void> {
    this.#machine = restartMachine(this.#machine, how);
    this.crashes++;
    await this.#open();
  }

  /** Takes over the first state that what is there fits, with the names that it has there. */
  async #adopt(states: readonly ModelState[], what: string): Promise<void> {
    const found = await this.#look();
    const state = states.find((one) => fits(found.picture, pictureOf(one)));
    if (state === undefined) {
      const expected = states.map((one) => pictureOf(one).join("\n")).join("\nor\n");
      throw new Error(`after ${what} there is\n${found.picture.join("\n")}\nnot\n${expected}`);
    }
    this.#state = named(state, found);
  }

  /** All that the engine tells of the bucket. */
  async #look(): Promise<Found> {
    const { status } = await this.#objects.getBucketVersioning({ bucket });
    const lines = [`versioning ${status}`];
    const versions = new Map<string, { id: string; etag: string }[]>();
    for await (const listed of this.#objects.listObjectVersions({ bucket, maxKeys: 7 })) {
      const { key, versionId: id } = listed;
      const etag = listed.deleteMarker ? "" : listed.eTag;
      const of = versions.get(key) ?? [];
      versions.set(key, [...of, { id, etag }]);
      if (listed.isLatest !== (of.length === 0)) throw new Error(`${key} ${id}: which is latest?`);
      lines.push(await this.#versionLine({ key, id, etag, isMarker: listed.deleteMarker }));
    }
    const uploads: Found["uploads"] = [];
    for await (const { key, uploadId } of this.#objects.listMultipartUploads({ bucket })) {
      const parts: string[] = [];
      for await (const part of this.#objects.listParts({ bucket, key, uploadId })) {
        parts.push(`${part.partNumber}=${part.eTag}`);
      }
      uploads.push({ key, id: uploadId, line: `upload | ${key} | ${uploadId} | ${parts.join()}` });
    }
    const open = uploads.map(({ line }) => line).sort();
    return { picture: [...lines, ...open], versions, uploads };
  }

  async #versionLine({ key, id, etag, isMarker }: Listed): Promise<string> {
    const none = { id, etag, tags: 0, until: undefined, hold: false };
    if (isMarker) return versionLine(key, { ...none, body: undefined });
    const head = await this.#objects.headObject({ bucket, key, versionId: id });
    const { contentLength: length, tagCount: tags = 0, eTag } = head;
    if (eTag !== etag) throw new Error(`${key} ${id} is listed with another ETag`);
    const until = head.objectLockRetainUntilDate?.getTime();
    const hold = head.objectLockLegalHoldStatus === "ON";
    return versionLine(key, { ...none, body: { length }, tags, until, hold });
  }

  async #readAll(): Promise<void> {
    for (const [key, versions] of this.#state.keys) {
      for (const version of versions) await this.#readVersion(key, version);
      await this.#read(key);
    }
  }

  async #readVersion(key: string, { id, body }: ModelVersion): Promise<void> {
    if (body === undefined) return;
    const got = await this.#objects.getObject({ bucket, key, versionId: id });
    await expectBytes(got.body, body, `${key} ${id}`);
  }

  async #read(key: string): Promise<void> {
    const current = currentOf(this.#state, key);
    if (current?.body !== undefined) {
      const { body } = await this.#objects.getObject({ bucket, key });
      return await expectBytes(body, current.body, key);
    }
    const code = await codeOf(this.#objects.getObject({ bucket, key }));
    if (code !== "FIRN_OBJECT_NOT_FOUND") throw new Error(`${key} is read: ${code}`);
  }

  async #list({ prefix, page }: { readonly prefix: string; readonly page: number }): Promise<void> {
    const found: string[] = [];
    const request = { bucket, prefix, delimiter: "/", maxKeys: page };
    for await (const { contents, commonPrefixes } of this.#objects.listObjectsV2(request).pages()) {
      found.push(...contents.map(({ key }) => key), ...commonPrefixes);
    }
    const shown = [...this.#state.keys.keys()]
      .filter((key) => key.startsWith(prefix) && currentOf(this.#state, key) !== undefined)
      .map((key) => {
        const at = key.indexOf("/", prefix.length);
        return at < 0 ? key : key.slice(0, at + 1);
      });
    const [one, other] = [found.sort().join(), [...new Set(shown)].sort().join()];
    if (one !== other) throw new Error(`under "${prefix}" there is ${one}, not ${other}`);
  }
}

interface Found {
  readonly picture: Picture;
  readonly versions: ReadonlyMap<string, readonly { readonly id: string; readonly etag: string }[]>;
  readonly uploads: { readonly key: string; readonly id: string; readonly line: string }[];
}

interface Listed {
  readonly key: string;
  readonly id: string;
  readonly etag: string;
  readonly isMarker: boolean;
}

/** The state with the ids and ETags that its versions and uploads have in the engine. */
function named(state: ModelState, { versions, uploads }: Found): ModelState {
  const keys = new Map(
    [...state.keys].map(([key, list]) => [
      key,
      list.map((version, at) => ({ ...version, ...versions.get(key)?.[at] })),
    ]),
  );
  const open = new Map(uploads.map((upload) => [upload.id, upload]));
  for (const { id } of state.uploads) open.delete(id);
  const fresh = [...open.values()];
  return {
    ...state,
    keys,
    uploads: state.uploads.map((upload) => {
      const found = fresh.find(({ key }) => key === upload.key);
      const isNamed = uploads.some(({ id }) => id === upload.id);
      return isNamed || found === undefined ? upload : { ...upload, id: found.id };
    }),
  };
}

interface Answer {
  /** Why it was refused, if it was. */
  readonly code: string | undefined;
  readonly result: unknown;
}

async function answerOf(work: Promise<unknown>): Promise<Answer> {
  try {
    return { code: undefined, result: await work };
  } catch (error) {
    if (error instanceof FirnError) return { code: error.code, result: undefined };
    throw error;
  }
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return (await answerOf(work)).code;
}

/** The state with the names that the answer gives to what the call made. */
function told(state: ModelState, result: unknown): ModelState {
  const { versionId = ANY, eTag = ANY, uploadId = ANY } = (result ?? {}) as Record<string, string>;
  const keys = new Map(
    [...state.keys].map(([key, list]) => [
      key,
      list.map((version) => ({
        ...version,
        id: version.id === ANY ? versionId : version.id,
        etag: version.etag === ANY ? eTag : version.etag,
      })),
    ]),
  );
  const uploads = state.uploads.map((one) => (one.id === ANY ? { ...one, id: uploadId } : one));
  return { ...state, keys, uploads };
}

function isNamed({ keys, uploads }: ModelState): boolean {
  const versions = [...keys.values()].flat();
  const isKnown = ({ id, etag }: ModelVersion): boolean => id !== ANY && etag !== ANY;
  return versions.every(isKnown) && uploads.every(({ id }) => id !== ANY);
}

async function expectBytes(
  body: AsyncIterable<Uint8Array>,
  expected: Buffer,
  what: string,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  if (!Buffer.concat(chunks).equals(expected)) throw new Error(`${what} has other bytes`);
}
