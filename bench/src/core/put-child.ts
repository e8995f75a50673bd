import { randomFillSync } from "node:crypto";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { ownContenders, rivalContenders } from "./contenders.ts";

/** One run: what the parent asks for. */
export interface PutRun {
  readonly contender: string;
  readonly directory: string;
  readonly writers: number;
  readonly seconds: number;
}

const VALUE_BYTES = 1024;
/** As long as the keys of the published figures. */
const KEY_BYTES = 59;
const KEY_PREFIX = "account/region/table/items/";
/** Values are cut from random bytes at random places: nothing compresses, no two are alike. */
const POOL_BYTES = 16 * 1024 * 1024;

async function main(): Promise<void> {
  const { contender, directory, writers, seconds } = await receiveInput<PutRun>();
  const open = { ...ownContenders, ...rivalContenders }[contender];
  if (open === undefined) throw new Error(`no contender is called ${contender}`);
  const map = await open(directory);
  const pairs = makePairs();
  const driven = await drive(writers, seconds, () => {
    const { key, value } = pairs();
    return map.put(key, value);
  });
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  await map.close();
  sendAnswer({
    "puts/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    "resident MiB": residentMiB,
  });
}

function makePairs(): () => { key: Buffer; value: Buffer } {
  const pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
  const drawn = Buffer.allocUnsafe(20 * 1024);
  let at = drawn.length;
  return () => {
    if (at === drawn.length) {
      randomFillSync(drawn);
      at = 0;
    }
    const name = drawn.toString("hex", at, at + 16);
    const place = drawn.readUInt32LE(at + 16) % (POOL_BYTES - VALUE_BYTES);
    at += 20;
    const key = Buffer.from(KEY_PREFIX + name, "latin1");
    if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes`);
    return { key, value: pool.subarray(place, place + VALUE_BYTES) };
  };
}

void main();
