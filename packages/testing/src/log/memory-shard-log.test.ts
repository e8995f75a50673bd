import { expect, test } from "vitest";
import { bytesOf } from "../contracts/contract-bytes.ts";
import { shardLogContract } from "../contracts/shard-log.contract.ts";
import { MemoryShardLog } from "./memory-shard-log.ts";
import type { DecodedForLog } from "./memory-shard-log.ts";

const HEADER_BYTES = 16;

/** `0 u32 body bytes, 4 u32 their sum, 8 u32 LSN, 16 body`, padded to a multiple of 8. */
function encode(lsn: number, text: string): Uint8Array {
  const body = bytesOf(text);
  const into = Buffer.alloc(HEADER_BYTES + Math.ceil(body.length / 8) * 8);
  into.writeUInt32LE(body.length, 0);
  into.writeUInt32LE(sum(body), 4);
  into.writeUInt32LE(lsn, 8);
  into.set(body, HEADER_BYTES);
  return into;
}

function decode(bytes: Buffer, offset: number): DecodedForLog | undefined {
  const length = bytes.readUInt32LE(offset);
  const start = offset + HEADER_BYTES;
  const body = bytes.subarray(start, start + length);
  if (sum(body) !== bytes.readUInt32LE(offset + 4)) return undefined;
  const lsn = bytes.readUInt32LE(offset + 8);
  const end = start + Math.ceil(length / 8) * 8;
  return { lsn, time: 0, kind: 2, flags: 0, body, end, bodyOffset: HEADER_BYTES };
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 1);
}

shardLogContract("in memory", async () => ({ log: new MemoryShardLog({ decode }), encode }));

test("a tail refuses a record that does not verify", async () => {
  const log = new MemoryShardLog({ decode });
  const record = encode(1, "abc");
  record[HEADER_BYTES] = 0;
  await log.prepare(0, record.length);
  const parts = { parts: [record], bytes: record.length, firstLsn: 1, lastLsn: 1 };
  await log.append({ ...parts, durableLsn: 0, sync: true }, 0);
  await expect(log.tail({ lsn: 1 }).next()).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
});
