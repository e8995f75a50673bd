import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyFromFile, makeKeyFile } from "../platform/key-file.ts";
import { NodeRandom } from "../platform/node-random.ts";
import { drawKey, unlockKeys } from "./data-keys.ts";
import { keyFromBytes, keyFromText } from "./key-bytes.ts";
import { keyFromPassphrase } from "./key-passphrase.ts";
import type { KeyProvider } from "./key-provider.ts";
import { GcmSealer, SEAL_BYTES } from "./sealer.ts";
import type { SealerHome } from "./sealer.ts";
import { StoreSealing } from "./store-sealing.ts";
import { StreamSealer } from "./unit-sealer.ts";

const CHECKSUM_ID = "00112233445566778899aabbccddeeff";
const BOUND = Buffer.from("where it belongs");
/** Cheap: what is tested is not how slow scrypt is. */
const COSTS = { log2N: 10, r: 8, p: 1 };
const data = Buffer.alloc(32, 9);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-sealer-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function sealerOf(more: Partial<SealerHome> = {}): GcmSealer {
  const keys = new Map([[1, Buffer.alloc(32, 1)]]);
  return new GcmSealer({
    keys,
    newest: 1,
    checksumId: CHECKSUM_ID,
    random: new NodeRandom(),
    ...more,
  });
}

function seal(sealer: GcmSealer, text: string): Buffer {
  const into = Buffer.alloc(text.length + SEAL_BYTES);
  sealer.sealInto(BOUND, Buffer.from(text), into);
  return into;
}

test("no two messages share key and nonce, across the limit of a salt and across openings", () => {
  const used = new Set<string>();
  const messages: Buffer[] = [];
  for (let opening = 0; opening < 3; opening++) {
    const sealer = sealerOf({ messagesMax: 4 });
    for (let i = 0; i < 10; i++) {
      const message = seal(sealer, "the same text");
      used.add(message.toString("hex", 0, 20));
      messages.push(message);
    }
  }
  expect(used.size).toBe(30);
  const salts = new Set(messages.map((message) => message.toString("hex", 4, 16)));
  expect(salts.size).toBe(9);
  const reader = sealerOf();
  for (const message of messages) expect(`${reader.open(BOUND, message)}`).toBe("the same text");
});

test("every flipped bit of a message is told, and so are another place, store and key", () => {
  const message = seal(sealerOf(), "a text");
  const broken = expect.objectContaining({ code: "FIRN_SEAL_BROKEN", kind: "corruption" });
  for (let bit = 0; bit < message.length * 8; bit++) {
    const changed = Buffer.from(message);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(() => sealerOf().open(BOUND, changed)).toThrow(broken);
  }
  expect(() => sealerOf().open(Buffer.from("elsewhere"), message)).toThrow(broken);
  const otherStore = sealerOf({ checksumId: "f".repeat(32) });
  expect(() => otherStore.open(BOUND, message)).toThrow(broken);
  const otherKey = sealerOf({ keys: new Map([[1, Buffer.alloc(32, 2)]]) });
  expect(() => otherKey.open(BOUND, message)).toThrow(broken);
  for (const length of [0, 19, 35]) {
    expect(() => sealerOf().open(BOUND, message.subarray(0, length))).toThrow(broken);
  }
});

test("a value opens under its own key and LSN only, a blob's bytes as what they are only", () => {
  const sealing = new StoreSealing(sealerOf(), { lsn: 0, position: 0 });
  const [full, other] = ["\0\0\0\x10a", "\0\0\0\x11a"];
  const put = { op: 1, space: 16, key: Buffer.from("a"), value: Buffer.from("v"), full };
  const sealed = sealing.sealBatch([put], 7)[0]?.value as Uint8Array;
  expect(Buffer.from(sealing.openValue(full, 7, sealed)).toString()).toBe("v");
  const broken = expect.objectContaining({ code: "FIRN_SEAL_BROKEN" });
  expect(() => sealing.openValue(full, 8, sealed)).toThrow(broken);
  expect(() => sealing.openValue(other, 7, sealed)).toThrow(broken);
  const [blob, twin] = ["00".repeat(8), "11".repeat(8)];
  const inline = sealing.sealInline(blob, Buffer.from("bytes"));
  expect(() => sealing.openInline(twin, inline)).toThrow(broken);
  expect(() => sealing.openUnit(blob, 0, inline)).toThrow(broken);
  const record = Buffer.from("record");
  const over = sealing.sealRecord(blob, record);
  sealing.verifyRecord(blob, record, over);
  expect(() => sealing.verifyRecord(blob, Buffer.from("recorc"), over)).toThrow(broken);
  expect(() => sealing.verifyRecord(twin, record, over)).toThrow(broken);
});

test("a unit of a stream keeps its length, and opens in its own place only", () => {
  const of = (space: number): StreamSealer => new StreamSealer(sealerOf(), space, 0);
  const block = Buffer.alloc(4096, "block ");
  const unit = of(20).seal(5, block);
  expect([unit.bytes.length, unit.tag.length]).toEqual([4096, 8]);
  expect(Buffer.from(unit.bytes).includes("block")).toBe(false);
  expect(Buffer.from(of(20).open(5, unit) ?? []).equals(block)).toBe(true);
  expect(of(20).open(6, unit)).toBeUndefined();
  expect(of(20).open(5 + 2 ** 32, unit)).toBeUndefined();
  expect(of(21).open(5, unit)).toBeUndefined();
  const changed = Buffer.from(unit.bytes);
  changed[4000] = (changed[4000] as number) ^ 1;
  expect(of(20).open(5, { ...unit, bytes: changed })).toBeUndefined();
  const next = of(20).seal(6, block);
  expect(Buffer.from(next.bytes).equals(unit.bytes)).toBe(false);
});

const text = Buffer.alloc(32, 3).toString("hex");
const providers: readonly (readonly [string, KeyProvider, KeyProvider])[] = [
  ["bytes", keyFromBytes({ key: Buffer.alloc(32, 3) }), keyFromBytes({ key: data })],
  ["text", keyFromText(` ${text}\n`), keyFromText(data.toString("base64"))],
  [
    "a passphrase",
    keyFromPassphrase({ passphrase: "correct horse", costs: COSTS }),
    keyFromPassphrase({ passphrase: "battery staple", costs: COSTS }),
  ],
];

test.each(providers)(
  "a key of %s unwraps what it wrapped, and nothing else",
  async (_, own, other) => {
    const wrapped = Buffer.from(await own.wrap(data));
    expect(wrapped.includes(data)).toBe(false);
    expect(Buffer.from((await own.unwrap(wrapped)) ?? []).equals(data)).toBe(true);
    expect(await other.unwrap(wrapped)).toBeUndefined();
    for (let at = 0; at < wrapped.length; at++) {
      // The costs of scrypt: a larger memory is asked for and then found wrong, or refused.
      if (own.id === "passphrase" && at < 4) continue;
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] as number) ^ 1;
      expect(await own.unwrap(changed)).toBeUndefined();
    }
  },
);

test("what a file asks of scrypt is bounded", async () => {
  const own = keyFromPassphrase({ passphrase: "correct horse", costs: COSTS });
  for (const costs of [
    [31, 8, 1],
    [17, 255, 1],
    [10, 8, 255],
    [0, 8, 1],
    [10, 0, 1],
  ]) {
    const wrapped = Buffer.from(await own.wrap(data));
    wrapped.set(costs, 1);
    expect(await own.unwrap(wrapped)).toBeUndefined();
  }
});

test("a key file is its owner's, and is never replaced", async () => {
  const path = join(directory, "key");
  const made = await makeKeyFile(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await keyFromFile(path)).id).toBe(made.id);
  const invalid = { code: "FIRN_ENCRYPTION_KEY_INVALID" };
  await expect(makeKeyFile(path)).rejects.toMatchObject(invalid);
  await chmod(path, 0o640);
  await expect(keyFromFile(path)).rejects.toMatchObject(invalid);
  await writeFile(join(directory, "raw"), Buffer.alloc(32, 3), { mode: 0o600 });
  expect((await keyFromFile(join(directory, "raw"))).id).toBe(keyFromText(text).id);
  for (const content of ["", "too short", "x".repeat(300)]) {
    await writeFile(join(directory, "none"), content, { mode: 0o600 });
    await expect(keyFromFile(join(directory, "none"))).rejects.toMatchObject(invalid);
  }
  await expect(keyFromFile(join(directory, "absent"))).rejects.toMatchObject(invalid);
  expect(() => keyFromBytes({ key: Buffer.alloc(16) })).toThrow(expect.objectContaining(invalid));
  expect(() => keyFromText("no key")).toThrow(expect.objectContaining(invalid));
  const short = { passphrase: "short" };
  expect(() => keyFromPassphrase(short)).toThrow(expect.objectContaining(invalid));
});

test("a wrong key is told whatever its provider makes of it, and so is another store", async () => {
  const own = keyFromText(text);
  const from = { lsn: 0, position: 0 };
  const random = new NodeRandom();
  const home = { checksumId: CHECKSUM_ID, from };
  const key = await drawKey(own, home, { id: 1, random, createdAtMs: 0 });
  const state = { from, keys: [key] };
  expect((await unlockKeys(own, CHECKSUM_ID, state)).newest).toBe(1);
  const wrong = { code: "FIRN_ENCRYPTION_KEY_WRONG" };
  const careless = { ...own, unwrap: () => Promise.resolve(data) };
  await expect(unlockKeys(careless, CHECKSUM_ID, state)).rejects.toMatchObject(wrong);
  await expect(unlockKeys(own, "f".repeat(32), state)).rejects.toMatchObject(wrong);
  const moved = { ...state, from: { lsn: 9, position: 0 } };
  await expect(unlockKeys(own, CHECKSUM_ID, moved)).rejects.toMatchObject(wrong);
  const away = { ...own, unwrap: () => Promise.reject(new Error("the service is away")) };
  await expect(unlockKeys(away, CHECKSUM_ID, state)).rejects.toThrow("the service is away");
});
