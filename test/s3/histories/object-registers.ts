import { hash } from "node:crypto";

/*
 * One key of a bucket as a register: what a history of reads, writes, deletes and conditionals is
 * made of, whatever stands behind it.
 */

/** How a conditional call ended: it took place, or its condition did not hold. */
export type Verdict = "done" | "refused";

export interface ObjectRegisters {
  /** The name of what the key holds, its bytes verified; `undefined` when it holds nothing. */
  read(key: string): Promise<string | undefined>;
  write(key: string, value: string): Promise<void>;
  /** Writes only when the key holds nothing. */
  create(key: string, value: string): Promise<Verdict>;
  /** Writes only over that value. */
  replace(key: string, values: Replacement): Promise<Verdict>;
  delete(key: string): Promise<void>;
  /** Deletes only that value. */
  deleteValue(key: string, value: string): Promise<Verdict>;
  /** As `write` or `create`, out of parts. */
  complete(key: string, value: string, isNew: boolean): Promise<Verdict>;
  /** Copies that value, and no other, to another key. */
  copy(keys: { readonly from: string; readonly to: string }, value: string): Promise<Verdict>;
}

export interface Replacement {
  readonly expected: string;
  readonly value: string;
}

/** A value's name says how many bytes it has. */
export function valueName(number: number, bytes: number): string {
  return `v${number}:${bytes}`;
}

/** The bytes of a value: no other value has the same at any offset. */
export function valueBytes(name: string): Buffer {
  const bytes = Number(name.split(":")[1]);
  return Buffer.alloc(bytes, `${name}|`);
}

/** The value whose bytes these are. @throws when they are nobody's, or not whole. */
export function valueOf(bytes: Uint8Array): string {
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const name = found.toString("latin1", 0, 40).split("|")[0] ?? "";
  if (/^v\d+:\d+$/.test(name) && valueBytes(name).equals(found)) return name;
  throw new Error(`bytes that nobody wrote: ${found.length}, "${found.toString("latin1", 0, 40)}"`);
}

/** Both ETags that a value may have: written at once, or as the one part of an upload. */
export function etagsOf(name: string): string {
  const digest = hash("md5", valueBytes(name), "hex");
  return `"${digest}", "${hash("md5", Buffer.from(digest, "hex"), "hex")}-1"`;
}

/** What the checks must find. */
export type Lie = "stale read" | "two winners" | "lost write" | "half a delete";

/** The same registers, except that now and then an answer is not true. */
export function lying(
  registers: ObjectRegisters,
  lie: Lie,
  oneIn: (count: number) => boolean,
): ObjectRegisters {
  const seen = new Map<string, string | undefined>();
  return {
    ...delegated(registers),
    async read(key) {
      const value = await registers.read(key);
      const earlier = seen.get(key);
      seen.set(key, value);
      return lie === "stale read" && oneIn(20) ? earlier : value;
    },
    async write(key, value) {
      if (lie !== "lost write" || !oneIn(20)) await registers.write(key, value);
    },
    async create(key, value) {
      const verdict = await registers.create(key, value);
      return lie === "two winners" ? "done" : verdict;
    },
    async delete(key) {
      if (lie !== "half a delete" || !oneIn(10)) await registers.delete(key);
    },
  };
}

function delegated(registers: ObjectRegisters): ObjectRegisters {
  return {
    read: (key) => registers.read(key),
    write: (key, value) => registers.write(key, value),
    create: (key, value) => registers.create(key, value),
    replace: (key, values) => registers.replace(key, values),
    delete: (key) => registers.delete(key),
    deleteValue: (key, value) => registers.deleteValue(key, value),
    complete: (key, value, isNew) => registers.complete(key, value, isNew),
    copy: (keys, value) => registers.copy(keys, value),
  };
}
