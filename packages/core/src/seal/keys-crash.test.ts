import {
  SIM_DIRECTORY,
  SIM_LIMITS,
  atEveryRequest,
  codeOf,
  cutAt,
  forkMachine,
  latin1,
  latin1Bytes,
  makeMachine,
  printLine,
  restartMachine,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { SeededRandom } from "../platform/random.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";
import { keyFromBytes } from "./key-bytes.ts";
import type { KeyProvider } from "./key-provider.ts";
import { rotateKeys } from "./rotate-keys.ts";

/** Fewer show nothing, however slow the machine is. */
const SITES_MIN = 4;
const SPACE = "things";

let hasher: Hasher;
beforeAll(async () => {
  hasher = await loadHasher();
});

const [old, fresh] = [1, 2].map((byte) =>
  keyFromBytes({ key: Buffer.alloc(32, byte), random: new SeededRandom(byte) }),
) as [KeyProvider, KeyProvider];

function openWith(machine: OpenMachine, keys: KeyProvider | undefined): Promise<LogStore> {
  const encryption = keys && { keys };
  const parts = { ...machine, hasher, limits: SIM_LIMITS, compaction: "off" } as const;
  return openStore({ directory: SIM_DIRECTORY, ...parts, encryption });
}

async function put(store: LogStore, name: string): Promise<void> {
  const space = await store.openKeySpace(SPACE);
  await store.transact((tx) => tx.put(space, latin1Bytes(name), latin1Bytes(`value of ${name}`)));
}

async function contents(store: LogStore): Promise<string[]> {
  const space = await store.openKeySpace(SPACE);
  const found: string[] = [];
  using view = store.view();
  for await (const { key, value } of view.range(space)) {
    expect(latin1(value)).toBe(`value of ${latin1(key)}`);
    found.push(latin1(key));
  }
  return found;
}

async function contentsWith(machine: OpenMachine, keys: KeyProvider): Promise<string[]> {
  const store = await openWith(machine, keys);
  const found = await contents(store);
  await store.close();
  return found;
}

/** The code of the error that an opening ends with, or what the store holds. */
async function tryWith(
  machine: OpenMachine,
  keys: KeyProvider | undefined,
): Promise<string | string[]> {
  try {
    const store = await openWith(machine, keys);
    const found = await contents(store);
    await store.close();
    return found;
  } catch (error) {
    return String(codeOf(error));
  }
}

async function filled(seed: number, keys: KeyProvider | undefined): Promise<OpenMachine> {
  const machine = makeMachine(seed);
  const store = await openWith(machine, keys);
  for (let number = 0; number < 5; number++) await put(store, `k${number}`);
  await store.close();
  return machine;
}

const FILLED = ["k0", "k1", "k2", "k3", "k4"];

async function checked(machine: OpenMachine): Promise<void> {
  const { fileSystem, index } = machine;
  const report = await checkStore({ directory: SIM_DIRECTORY, fileSystem, index, hasher });
  expect(report.problems).toEqual([]);
}

test("a power failure while an encrypted store is made and filled loses nothing that was told", async () => {
  const sites = await atEveryRequest(SITES_MIN, async (request, seed) => {
    const machine = makeMachine(seed);
    const told: string[] = [];
    const wasCut = await cutAt(machine, request, async () => {
      const store = await openWith(machine, old);
      for (const name of ["a", "b", "c"]) {
        await put(store, name);
        told.push(name);
      }
      await store.close();
    });
    if (!wasCut) return false;
    const next = restartMachine(machine, request % 3 === 0 ? "kill" : "crash");
    // Whoever has no key finds none of it, unless there was no store yet.
    const without = await tryWith(forkMachine(next, seed), undefined);
    if (told.length > 0) expect(without).toBe("FIRN_ENCRYPTION_KEY_REQUIRED");
    const found = await contentsWith(next, old);
    expect(found.slice(0, told.length)).toEqual(told);
    await checked(next);
    return true;
  });
  printLine(`power failures while an encrypted store is made: ${sites}`);
  expect(sites).toBeGreaterThan(SITES_MIN);
});

test("a power failure while a plain store gets its key leaves it plain, or encrypted, and whole", async () => {
  const before = await filled(3, undefined);
  const sites = await atEveryRequest(SITES_MIN, async (request, seed) => {
    const machine = forkMachine(before, seed);
    let told = false;
    const wasCut = await cutAt(machine, request, async () => {
      const store = await openWith(machine, old);
      await put(store, "sealed");
      told = true;
      await store.close();
    });
    if (!wasCut) return false;
    const next = restartMachine(machine, "crash");
    const without = await tryWith(forkMachine(next, seed), undefined);
    if (told || typeof without === "string") expect(without).toBe("FIRN_ENCRYPTION_KEY_REQUIRED");
    else expect(without).toEqual(FILLED);
    const found = await contentsWith(next, old);
    expect(found.slice(0, 5)).toEqual(FILLED);
    if (told) expect(found.at(5)).toBe("sealed");
    await checked(next);
    return true;
  });
  printLine(`power failures while a plain store gets its key: ${sites}`);
  expect(sites).toBeGreaterThan(SITES_MIN);
});

test("a power failure anywhere in a rotation leaves the old key or the new one, and no data lost", async () => {
  const before = await filled(4, old);
  const outcomes = new Set<string>();
  const sites = await atEveryRequest(SITES_MIN, async (request, seed) => {
    const machine = forkMachine(before, seed);
    const { fileSystem } = machine;
    const place = { directory: SIM_DIRECTORY, fileSystem, hasher };
    const random = new SeededRandom(seed);
    const wasCut = await cutAt(machine, request, () =>
      rotateKeys({ ...place, from: old, to: fresh, random }),
    );
    if (!wasCut) return false;
    const next = restartMachine(machine, request % 3 === 0 ? "kill" : "crash");
    const [one, other] = [
      await tryWith(forkMachine(next, seed), old),
      await tryWith(forkMachine(next, seed), fresh),
    ];
    const rotated = one === "FIRN_ENCRYPTION_KEY_WRONG";
    outcomes.add(rotated ? "new" : "old");
    expect(rotated ? other : one).toEqual(FILLED);
    expect(rotated ? one : other).toBe("FIRN_ENCRYPTION_KEY_WRONG");
    // Once more, to its end: the key that it has is asked for, and nothing else.
    const home = { directory: SIM_DIRECTORY, fileSystem: next.fileSystem, hasher, random };
    await rotateKeys({ ...home, from: rotated ? fresh : old, to: fresh });
    expect(await contentsWith(next, fresh)).toEqual(FILLED);
    await checked(next);
    return true;
  });
  printLine(`power failures in a rotation: ${sites}, left: ${[...outcomes].join(", ")}`);
  expect(sites).toBeGreaterThan(SITES_MIN);
});

test("each rotation adds a key for what comes, and what every earlier one sealed still opens", async () => {
  const machine = await filled(5, old);
  const { fileSystem } = machine;
  const place = { directory: SIM_DIRECTORY, fileSystem, hasher, random: new SeededRandom(9) };
  for (const [from, to] of [
    [old, fresh],
    [fresh, old],
    [old, old],
  ] as const) {
    const { keys } = await rotateKeys({ ...place, from, to });
    const store = await openWith(machine, to);
    await put(store, `k${keys.length + 3}`);
    await store.close();
  }
  expect(await contentsWith(machine, old)).toEqual([...FILLED, "k5", "k6", "k7"]);
  await expect(rotateKeys({ ...place, from: fresh, to: old })).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_WRONG",
  });
  const plain = await filled(6, undefined);
  const refused = rotateKeys({ ...place, fileSystem: plain.fileSystem, from: old, to: fresh });
  await expect(refused).rejects.toMatchObject({ code: "FIRN_ENCRYPTION_KEY_INVALID" });
});
