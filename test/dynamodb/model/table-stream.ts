import type { AttributeValue, StreamEngine, StreamRecord } from "@firn/tables";
import { lineOf, nameOf } from "./table-model.ts";
import type { ModelChange, ModelItem } from "./table-model.ts";

/** Less than histories write, so that pages follow one another. */
const PAGE = 10;

type Told = Omit<ModelChange, "timeMs">;

/** All records of the table's stream, in the order of their sequence numbers. */
export async function readStream(streams: StreamEngine): Promise<Told[]> {
  const { streams: listed } = await streams.listStreams();
  const records: StreamRecord[] = [];
  for (const { streamArn } of listed) {
    const { shards } = await streams.describeStream({ streamArn });
    for (const { shardId } of shards)
      records.push(...(await readShard(streams, streamArn, shardId)));
  }
  records.sort((one, other) => (one.sequenceNumber < other.sequenceNumber ? -1 : 1));
  return records.map(toldOf);
}

async function readShard(
  streams: StreamEngine,
  streamArn: string,
  shardId: string,
): Promise<StreamRecord[]> {
  const of = { streamArn, shardId, shardIteratorType: "TRIM_HORIZON" } as const;
  const { shardIterator } = await streams.getShardIterator(of);
  const records: StreamRecord[] = [];
  let next: string | undefined = shardIterator;
  while (next !== undefined) {
    const page = await streams.getRecords({ shardIterator: next, limit: PAGE });
    records.push(...page.records);
    next = page.records.length < PAGE ? undefined : page.nextShardIterator;
  }
  return records;
}

function toldOf(record: StreamRecord): Told {
  const [before, after] = [itemOf(record.oldImage), itemOf(record.newImage)];
  const event = before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY";
  if (record.eventName !== event) throw new Error(`${record.eventName} tells of ${event}`);
  return {
    key: nameOf((after ?? before) as ModelItem),
    line: `${lineOf(before)} > ${lineOf(after)}`,
    expired: record.userIdentity !== undefined,
  };
}

function itemOf(text: Uint8Array | undefined): ModelItem | undefined {
  if (text === undefined) return undefined;
  const attributes = JSON.parse(Buffer.from(text).toString()) as Record<string, AttributeValue>;
  const entries = Object.entries(attributes).map(([name, value]) => {
    return [name, "N" in value ? Number(value.N) : (value as { readonly S: string }).S] as const;
  });
  return Object.fromEntries(entries) as unknown as ModelItem;
}
