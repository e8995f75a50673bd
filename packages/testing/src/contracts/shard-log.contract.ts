import type { LogGroup, LoggedRecord, Position, ShardLog, TailStart } from "@firn/core";
import { describe, expect, test } from "vitest";
import { textOf } from "./contract-bytes.ts";

export interface ShardLogUnderTest {
  /** Opened and empty. */
  readonly log: ShardLog;
  /** One whole record as the core encodes it, its body ending with `text`. */
  encode(lsn: number, text: string): Uint8Array;
  /** Closes the log and opens it again; `undefined` where a log cannot outlive its process. */
  readonly reopen?: (() => Promise<ShardLog>) | undefined;
}

/** What the core relies on in every log. `make` is called once per test. */
export function shardLogContract(name: string, make: () => Promise<ShardLogUnderTest>): void {
  describe(`shard log contract: ${name}`, () => {
    appendContract(make);
    tailContract(make);
    roomContract(make);
    reopenContract(make);
  });
}

function appendContract(make: () => Promise<ShardLogUnderTest>): void {
  test("a group's records lie behind its frame, to be read at once", async () => {
    const under = await make();
    const { log } = under;
    const first = under.encode(1, "one");
    const second = under.encode(2, "two");
    const start = await append(under, [first, second], { firstLsn: 1, sync: false });
    const at = start + log.frameBytes;
    expect(same(await log.read(at, first.length), first)).toBe(true);
    expect(same(log.readSync(at + first.length, second.length), second)).toBe(true);
    expect(log.head).toBe(at + first.length + second.length);
    await log.close();
  });

  test("a group at another head is a conflict, and nothing of it is there", async () => {
    const under = await make();
    const { log } = under;
    const start = await append(under, [under.encode(1, "one")], { firstLsn: 1, sync: true });
    const late = under.encode(2, "late");
    await expect(log.append(groupOf([late], 2), start)).rejects.toMatchObject({
      code: "FIRN_LOG_CONFLICT",
    });
    expect(await texts(log, { lsn: 1 })).toEqual(["one"]);
    await append(under, [under.encode(2, "two")], { firstLsn: 2, sync: true });
    expect(await texts(log, { lsn: 1 })).toEqual(["one", "two"]);
    await log.close();
  });

  test("a sync moves nothing", async () => {
    const under = await make();
    const { log } = under;
    await log.sync();
    await append(under, [under.encode(1, "one")], { firstLsn: 1, sync: false });
    const { head } = log;
    await log.sync();
    expect(log.head).toBe(head);
    expect(await texts(log, { lsn: 1 })).toEqual(["one"]);
    await log.close();
  });
}

function tailContract(make: () => Promise<ShardLogUnderTest>): void {
  test("a tail gives verified records in order, from an LSN's group or a position on", async () => {
    const under = await make();
    const { log } = under;
    await append(under, [under.encode(1, "a"), under.encode(2, "b")], { firstLsn: 1, sync: true });
    const start = await append(under, [under.encode(3, "c")], { firstLsn: 3, sync: true });
    await append(under, [under.encode(4, "d")], { firstLsn: 4, sync: true });
    expect(await texts(log, { lsn: 1 })).toEqual(["a", "b", "c", "d"]);
    expect(await texts(log, { position: start })).toEqual(["c", "d"]);
    const fromThree = await texts(log, { lsn: 3 });
    expect(fromThree.slice(-2)).toEqual(["c", "d"]);
    expect(await texts(log, { position: log.head })).toEqual([]);
    await log.close();
  });

  test("a tail's records say where their bodies lie", async () => {
    const under = await make();
    const { log } = under;
    await append(under, [under.encode(1, "a"), under.encode(2, "b")], { firstLsn: 1, sync: true });
    for (const record of await collect(log, { lsn: 1 })) {
      const bytes = await log.read(record.position, record.body.length);
      expect(same(bytes, record.body)).toBe(true);
    }
    await log.close();
  });

  test("a tail ends with what had been appended when it was asked for", async () => {
    const under = await make();
    const { log } = under;
    await append(under, [under.encode(1, "a")], { firstLsn: 1, sync: true });
    const tail = log.tail({ lsn: 1 });
    const first = await tail.next();
    await append(under, [under.encode(2, "b")], { firstLsn: 2, sync: true });
    expect(first.done).toBe(false);
    expect((await tail.next()).done).toBe(true);
    await log.close();
  });
}

function roomContract(make: () => Promise<ShardLogUnderTest>): void {
  test("room is what place grants, to the byte", async () => {
    const under = await make();
    const { log } = under;
    await append(under, [under.encode(1, "a")], { firstLsn: 1, sync: true });
    const start = log.place(log.head, 8, false) as Position;
    const room = log.room(start, false);
    expect(room).toBeGreaterThan(0);
    expect(log.place(log.head, room, false)).toBe(start);
    expect(log.place(log.head, room + 1, false)).not.toBe(start);
    expect(log.room(start, true)).toBeGreaterThanOrEqual(room);
    await log.close();
  });

  test("the log goes on for ever: groups of any size, positions that only grow", async () => {
    const under = await make();
    const { log } = under;
    const expected: string[] = [];
    const places: [Position, Uint8Array][] = [];
    let before = -1;
    for (let lsn = 1; lsn <= 60; lsn++) {
      const text = `${lsn}:`.padEnd(lsn % 7 === 0 ? 9000 : 300, "x");
      const record = under.encode(lsn, text);
      const start = await append(under, [record], { firstLsn: lsn, sync: lsn % 3 === 0 });
      expect(start).toBeGreaterThan(before);
      before = start;
      places.push([start + log.frameBytes, record]);
      expected.push(text);
    }
    for (const [at, record] of places) {
      expect(same(log.readSync(at, record.length), record)).toBe(true);
    }
    expect(await texts(log, { lsn: 1 })).toEqual(expected);
    await log.close();
  });
}

function reopenContract(make: () => Promise<ShardLogUnderTest>): void {
  test("a log opened again holds all records, and goes on behind them", async () => {
    const under = await make();
    if (under.reopen === undefined) return;
    for (let lsn = 1; lsn <= 20; lsn++) {
      const record = under.encode(lsn, `${lsn}`.padEnd(800, " "));
      await append(under, [record], { firstLsn: lsn, sync: true });
    }
    const { head } = under.log;
    const log = await under.reopen();
    expect(log.head).toBeGreaterThanOrEqual(head);
    expect((await collect(log, { lsn: 1 })).map(({ lsn }) => lsn)).toEqual(upTo(20));
    await append({ ...under, log }, [under.encode(21, "more")], { firstLsn: 21, sync: true });
    expect((await collect(log, { lsn: 1 })).map(({ lsn }) => lsn)).toEqual(upTo(21));
    await log.close();
  });
}

/** Appends one group where it belongs, preparing room; returns the group's start. */
async function append(
  { log }: Pick<ShardLogUnderTest, "log">,
  records: readonly Uint8Array[],
  { firstLsn, sync }: { readonly firstLsn: number; readonly sync: boolean },
): Promise<Position> {
  const group = { ...groupOf(records, firstLsn), sync };
  let start = log.place(log.head, group.bytes, false);
  if (start === undefined) {
    await log.prepare(log.head, group.bytes);
    start = log.place(log.head, group.bytes, false) as Position;
  }
  const head = await log.append(group, start);
  expect(head).toBe(log.head);
  return start;
}

function groupOf(parts: readonly Uint8Array[], firstLsn: number): LogGroup {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  const lastLsn = firstLsn + parts.length - 1;
  return { parts, bytes, firstLsn, lastLsn, durableLsn: firstLsn - 1, sync: true };
}

async function collect(log: ShardLog, from: TailStart): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = [];
  for await (const record of log.tail(from)) records.push(record);
  return records;
}

/** The records' texts: what stands behind the last byte that is not printable. */
async function texts(log: ShardLog, from: TailStart): Promise<string[]> {
  return (await collect(log, from)).map(({ body }) => {
    const start = body.findLastIndex((byte) => byte < 32) + 1;
    return textOf(body.subarray(start)) ?? "";
  });
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
