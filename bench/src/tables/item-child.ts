import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { itemOf, openTable, tableName } from "./bench-table.ts";

/** One run: what the parent asks for. */
export interface ItemRun {
  readonly contender: "core" | "tables";
  readonly call: "put" | "get";
  readonly directory: string;
  readonly depth: number;
  readonly seconds: number;
}

/** Items that gets read: all of them in memory. */
const CACHED_ITEMS = 10_000;
const BATCH_ITEMS = 25;
/** What both sides warm up on before the clock starts. */
const WARM_UP_SECONDS = 1;

async function main(): Promise<void> {
  const { contender, call, directory, depth, seconds } = await receiveInput<ItemRun>();
  const { store, tables, close } = await openTable(directory);
  // As a table's: what differs is the table.
  const space = await store.openKeySpace("bench", { indexedValueBytes: 1024 });
  const keys = Array.from({ length: CACHED_ITEMS }, (_, n) => Buffer.from(`....p${n}..${n}.`));
  const value = Buffer.from(JSON.stringify(itemOf(1)).padEnd(300));
  let next = 0;
  const calls = {
    core: {
      put: () => {
        const key = Buffer.from(`....p${next++}..00.`);
        return store.transact((tx) => tx.put(space, key, value));
      },
      get: () => store.get(space, keys[next++ % CACHED_ITEMS] as Buffer),
    },
    tables: {
      put: () => tables.putItem({ tableName, item: itemOf(next++) }),
      get: () => {
        const { pk, sk } = itemKey(next++ % CACHED_ITEMS);
        return tables.getItem({ tableName, key: { pk, sk } });
      },
    },
  };
  if (call === "get") {
    for (let n = 0; n < CACHED_ITEMS; n += BATCH_ITEMS) {
      const batch = Array.from({ length: BATCH_ITEMS }, (_, at) => ({ put: itemOf(n + at) }));
      await tables.batchWriteItem({ requestItems: { [tableName]: batch } });
      await store.transact((tx) => {
        for (const key of keys.slice(n, n + BATCH_ITEMS)) tx.put(space, key, value);
      });
    }
  }
  const once = calls[contender][call];
  await drive(depth, WARM_UP_SECONDS, once);
  const before = process.cpuUsage();
  const driven = await drive(depth, seconds, once);
  const { user, system } = process.cpuUsage(before);
  await close();
  sendAnswer({
    [`${call}s/s`]: driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    [`CPU µs per ${call}`]: (user + system) / (driven.perSecond * seconds),
  });
}

function itemKey(n: number): { readonly pk: string; readonly sk: number } {
  return { pk: `p${n}`, sk: 1 + (n % 1000) };
}

void main();
