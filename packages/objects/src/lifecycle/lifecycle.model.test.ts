import { rm } from "node:fs/promises";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";

/**
 * Histories of locked versions on a clock that is moved, under a lifecycle, with the store opened
 * anew in between, against a plain list of versions per key.
 */

const HISTORIES = 6;
const STEPS = 60;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const bucket = "locked-model";
const KEYS = ["a", "a/b", "tmp/c"];
/** Rules of the bucket. */
const EXPIRE_TMP_DAYS = 3;
const NONCURRENT_DAYS = 2;
const NEWER_KEPT = 1;

interface ModelVersion {
  readonly id: string;
  readonly marker: boolean;
  readonly writtenAt: number;
  mode?: "GOVERNANCE" | "COMPLIANCE" | undefined;
  until?: number | undefined;
  hold: boolean;
}

class LockedHistory {
  readonly #random: SeededRandom;
  readonly #directory: string;
  /** Newest first. */
  readonly #versions = new Map<string, ModelVersion[]>(KEYS.map((key) => [key, []]));
  #store!: Store;
  #objects!: ObjectStore;

  constructor(random: SeededRandom, directory: string) {
    this.#random = random;
    this.#directory = directory;
  }

  async open(): Promise<void> {
    const clockMode = { kind: "manual" } as const;
    this.#store = await openStore({ directory: this.#directory, clockMode });
    this.#objects = await ObjectStore.open({ store: this.#store });
  }

  async close(): Promise<void> {
    await this.#objects.close();
    await this.#store.close();
  }

  async begin(): Promise<void> {
    await this.#objects.createBucket({ bucket, objectLockEnabledForBucket: true });
    const status = "Enabled";
    const rules = [
      { status, filter: { prefix: "tmp/" }, expiration: { days: EXPIRE_TMP_DAYS } },
      {
        status,
        filter: {},
        noncurrentVersionExpiration: {
          noncurrentDays: NONCURRENT_DAYS,
          newerNoncurrentVersions: NEWER_KEPT,
        },
      },
    ] as const;
    await this.#objects.putBucketLifecycleConfiguration({ bucket, lifecycle: { rules } });
  }

  async step(): Promise<void> {
    const random = this.#random.below(100);
    if (random < 30) await this.#put();
    else if (random < 45) await this.#deleteVersion();
    else if (random < 52) await this.#deleteCurrent();
    else if (random < 65) await this.#retain();
    else if (random < 72) await this.#hold();
    else if (random < 92) await this.#advance();
    else await this.#reopen();
  }

  /** What the engine lists is what the model holds. */
  async check(): Promise<void> {
    const listed = new Map<string, string[]>(KEYS.map((key) => [key, []]));
    for await (const { key, versionId } of this.#objects.listObjectVersions({ bucket })) {
      listed.get(key)?.push(versionId);
    }
    for (const key of KEYS) {
      expect(listed.get(key), key).toEqual(this.#of(key).map(({ id }) => id));
    }
  }

  get #now(): number {
    return this.#store.clock.now();
  }

  #of(key: string): ModelVersion[] {
    return this.#versions.get(key) ?? [];
  }

  #key(): string {
    return KEYS[this.#random.below(KEYS.length)] ?? "a";
  }

  async #put(): Promise<void> {
    const key = this.#key();
    const mode = (["GOVERNANCE", "COMPLIANCE", undefined] as const)[this.#random.below(3)];
    const until = mode && this.#now + (1 + this.#random.below(5 * 24)) * HOUR_MS;
    const made = await this.#objects.putObject({
      bucket,
      key,
      body: Buffer.from("bytes"),
      objectLockMode: mode,
      objectLockRetainUntilDate: until === undefined ? undefined : new Date(until),
    });
    const id = made.versionId ?? "";
    const version = { id, marker: false, writtenAt: this.#now, mode, until, hold: false };
    this.#of(key).unshift(version);
  }

  async #deleteCurrent(): Promise<void> {
    const key = this.#key();
    const { versionId = "" } = await this.#objects.deleteObject({ bucket, key });
    this.#of(key).unshift({ id: versionId, marker: true, writtenAt: this.#now, hold: false });
  }

  async #deleteVersion(): Promise<void> {
    const key = this.#key();
    const versions = this.#of(key);
    const version = versions[this.#random.below(Math.max(versions.length, 1))];
    if (version === undefined) return;
    const bypassGovernanceRetention = this.#random.below(2) === 0;
    const request = { bucket, key, versionId: version.id, bypassGovernanceRetention };
    const deleting = this.#objects.deleteObject(request);
    if (this.#isLocked(version, bypassGovernanceRetention)) {
      await expect(deleting).rejects.toMatchObject({ code: "FIRN_OBJECT_LOCKED" });
      return;
    }
    await deleting;
    versions.splice(versions.indexOf(version), 1);
  }

  async #retain(): Promise<void> {
    const key = this.#key();
    const version = this.#objectOf(key);
    if (version === undefined) return;
    const mode = this.#random.below(2) === 0 ? "GOVERNANCE" : "COMPLIANCE";
    const until = this.#now + (1 + this.#random.below(96)) * HOUR_MS;
    const bypass = this.#random.below(2) === 0;
    const putting = this.#objects.putObjectRetention({
      bucket,
      key,
      versionId: version.id,
      retention: { mode, until },
      bypassGovernanceRetention: bypass,
    });
    const { mode: before, until: end = 0 } = version;
    const holds = before !== undefined && end > this.#now && !(before === "GOVERNANCE" && bypass);
    if (holds && (mode !== before || until < end)) {
      await expect(putting).rejects.toMatchObject({ code: "FIRN_OBJECT_LOCKED" });
      return;
    }
    await putting;
    Object.assign(version, { mode, until });
  }

  async #hold(): Promise<void> {
    const key = this.#key();
    const version = this.#objectOf(key);
    if (version === undefined) return;
    const status = version.hold ? "OFF" : "ON";
    await this.#objects.putObjectLegalHold({ bucket, key, versionId: version.id, status });
    version.hold = !version.hold;
  }

  async #advance(): Promise<void> {
    await this.#store.advanceClock((1 + this.#random.below(40)) * HOUR_MS);
    await this.#objects.runLifecycle();
    for (const key of KEYS) await this.#applyRules(key);
  }

  async #reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  #objectOf(key: string): ModelVersion | undefined {
    const objects = this.#of(key).filter(({ marker }) => !marker);
    return objects[this.#random.below(Math.max(objects.length, 1))];
  }

  #isLocked({ mode, until = 0, hold }: ModelVersion, bypass: boolean): boolean {
    if (hold) return true;
    return mode !== undefined && until > this.#now && !(mode === "GOVERNANCE" && bypass);
  }

  #isOver(since: number, days: number): boolean {
    return Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS <= this.#now;
  }

  /** The lifecycle as AWS documents it: current versions, then noncurrent ones, then markers. */
  async #applyRules(key: string): Promise<void> {
    const versions = this.#of(key);
    const [current] = versions;
    const expires = key.startsWith("tmp/") && current?.marker === false;
    if (expires && this.#isOver(current.writtenAt, EXPIRE_TMP_DAYS)) {
      const id = await this.#newestId(key);
      versions.unshift({ id, marker: true, writtenAt: this.#now, hold: false });
    }
    const kept = versions.filter((version, index) => {
      const newer = versions[index - 1];
      if (newer === undefined || index <= NEWER_KEPT) return true;
      return !this.#isOver(newer.writtenAt, NONCURRENT_DAYS) || this.#isLocked(version, false);
    });
    const [first] = kept;
    const isAlone = kept.length === 1 && versions.length === 1 && first?.marker === true;
    const isOld = isAlone && key.startsWith("tmp/");
    const gone = isOld && this.#isOver(first.writtenAt, EXPIRE_TMP_DAYS);
    this.#versions.set(key, gone ? [] : kept);
  }

  /** The marker that the lifecycle has made. */
  async #newestId(key: string): Promise<string> {
    for await (const version of this.#objects.listObjectVersions({ bucket, prefix: key })) {
      if (version.key === key) return version.versionId;
    }
    return "";
  }
}

test("locked versions outlast deletes and lifecycles until their time, through restarts", async () => {
  const seed = Number(process.env["FIRN_SEED"] ?? 20261124);
  process.stdout.write(`FIRN_SEED=${seed}\n`);
  const random = new SeededRandom(seed);
  for (let n = 0; n < HISTORIES; n++) {
    const directory = await makeTemporaryDirectory();
    const history = new LockedHistory(random, directory);
    await history.open();
    await history.begin();
    for (let step = 0; step < STEPS; step++) {
      await history.step();
      await history.check();
    }
    await history.close();
    await rm(directory, { recursive: true });
  }
});
