import { SeededRandom } from "@firn/core";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import type { Driven } from "../harness/drive.ts";
import type { OpenedTable } from "./bench-table.ts";
import { openTable, tableName } from "./bench-table.ts";

/** One run: what the parent asks for. */
export interface QueryRun {
  readonly directory: string;
  readonly items: number;
  readonly seconds: number;
}

/** Items of one partition: what a Query answers. */
const PARTITION_ITEMS = 100;
const BATCH_ITEMS = 25;
const WRITERS = 64;
const READERS = 4;
/** Partitions that are asked for again and again, and stay cached. */
const HOT_PARTITIONS = 100;
const MIB = 2 ** 20;

async function main(): Promise<void> {
  const { directory, items, seconds } = await receiveInput<QueryRun>();
  const partitions = items / PARTITION_ITEMS;
  const loading = await openTable(directory);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await load(loading, items);
  const loadSeconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const residentLoaded = process.memoryUsage().rss / MIB;
  await loading.close();
  // Opened anew: nothing is in a cache of the store's own.
  const table = await openTable(directory);
  const random = new SeededRandom(1);
  const cold = await query(table, seconds / 2, () => random.below(partitions));
  const hot = Array.from({ length: HOT_PARTITIONS }, () => random.below(partitions));
  const pick = (): number => hot[random.below(HOT_PARTITIONS)] as number;
  await query(table, Math.min(1, seconds / 10), pick);
  const cached = await query(table, seconds / 2, pick);
  const resident = process.memoryUsage().rss / MIB;
  await table.close();
  sendAnswer({
    items,
    "items loaded/s": items / loadSeconds,
    "load s": loadSeconds,
    "CPU µs per item loaded": (user + system) / items,
    "cached p50 ms": cached.p50Ms,
    "cached p99 ms": cached.p99Ms,
    "random partitions p50 ms": cold.p50Ms,
    "random partitions p99 ms": cold.p99Ms,
    "resident MiB, loaded": residentLoaded,
    "resident MiB, queried": resident,
  });
}

/** Partition by partition, each in a few batches. */
async function load({ tables }: OpenedTable, items: number): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < items) {
      const from = next;
      next += BATCH_ITEMS;
      const batch = Array.from({ length: BATCH_ITEMS }, (_, at) => ({ put: itemOf(from + at) }));
      await tables.batchWriteItem({ requestItems: { [tableName]: batch } });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** Small, as the items of large tables are: about 100 bytes as they are stored. */
function itemOf(n: number): { readonly [name: string]: string | number } {
  const partition = Math.floor(n / PARTITION_ITEMS);
  return { pk: `p${partition}`, sk: 1 + (n % PARTITION_ITEMS), text: `item ${n} of many`, n };
}

function query({ tables }: OpenedTable, seconds: number, pick: () => number): Promise<Driven> {
  return drive(READERS, seconds, async () => {
    const found = await tables
      .query({
        tableName,
        keyConditionExpression: "pk = :pk",
        expressionAttributeValues: { ":pk": `p${pick()}` },
      })
      .toArray();
    if (found.length !== PARTITION_ITEMS) throw new Error(`${found.length} items`);
  });
}

void main();
