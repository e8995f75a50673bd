import type { ReadView } from "@firn/core";
import { schemaOf } from "../catalog/describe-table.ts";
import type { Scope } from "../catalog/table-record.ts";
import {
  STREAM_LIST_MAX,
  STREAM_PAGE_RECORDS_MAX,
  STREAM_RETENTION_MS,
  STREAM_SHARDS_PAGE_MAX,
} from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { invalid, tableError } from "../errors.ts";
import type { StreamPosition } from "./change-record.ts";
import { parseSequenceNumber, sequenceNumber } from "./change-record.ts";
import type { ChangeBatch, ConsumeRequest } from "./consumers.ts";
import { Delivery } from "./delivery.ts";
import type { DeliverRequest } from "./delivery.ts";
import { recordOf } from "./record-of.ts";
import { isTrimmed, readShard, trimHorizon } from "./read-shard.ts";
import { decodeIterator, encodeIterator } from "./shard-iterator.ts";
import { parseStreamArn } from "./stream-catalog.ts";
import type { StreamName } from "./stream-catalog.ts";
import type { StreamEntry, StreamShard } from "./stream-entry.ts";
import { keptGenerations, shardsOf } from "./stream-entry.ts";
import type {
  DescribeStreamRequest,
  GetRecordsAnswer,
  GetRecordsRequest,
  GetShardIteratorRequest,
  ListStreamsAnswer,
  ListStreamsRequest,
  ListedStream,
  ShardDescription,
  StreamDescription,
} from "./stream-requests.ts";

/** An iterator for what no record's position can be: the oldest that there is. */
const OLDEST: StreamPosition = { lsn: 0, ordinal: 0 };

/**
 * The Streams API. A read sees all changes that are durable, of one shard in the order of commits.
 * Errors are `FirnError`s with the codes of `tableErrors`.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
export class StreamEngine {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** The changes of a table, in this process: see `Consumers`. */
  consume(request: ConsumeRequest): AsyncGenerator<ChangeBatch> {
    return this.#context.consumers.consume(this.#context, request);
  }

  /** Hands the changes of a table to a destination until it is stopped: see `Delivery`. */
  deliver(request: DeliverRequest): Delivery {
    return new Delivery(this.#context, request);
  }

  /** Streams of the scope or of one table, by table and age; those of tables that are gone too. */
  async listStreams(request: ListStreamsRequest = {}): Promise<ListStreamsAnswer> {
    const { scope, streams } = this.#context;
    const { tableName, exclusiveStartStreamArn: start, limit = STREAM_LIST_MAX } = request;
    const after = start === undefined ? undefined : this.#nameOf(start);
    const listed: ListedStream[] = [];
    return this.#view(async (view) => {
      for await (const entry of streams.list(view, { scope, tableName }, after)) {
        if (keptGenerations(entry, this.#horizonMs()).length === 0) continue;
        if (listed.length === limit) {
          return { streams: listed, lastEvaluatedStreamArn: listed.at(-1)?.streamArn };
        }
        const { arn, label } = entry;
        listed.push({ streamArn: arn, tableName: entry.tableName, streamLabel: label });
      }
      return { streams: listed };
    });
  }

  /** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
  async describeStream(request: DescribeStreamRequest): Promise<StreamDescription> {
    const { streamArn, limit = STREAM_SHARDS_PAGE_MAX, exclusiveStartShardId: start } = request;
    const entry = await this.#view((view) => this.#entry(view, streamArn));
    const all = shardsOf(entry, this.#horizonMs());
    const shards = all.filter(({ id, parentId }) => {
      if (start !== undefined && id <= start) return false;
      return request.shardFilter === undefined || parentId === request.shardFilter.shardId;
    });
    const page = shards.slice(0, Math.min(limit, STREAM_SHARDS_PAGE_MAX));
    return {
      streamArn: entry.arn,
      streamLabel: entry.label,
      streamStatus: entry.closed === undefined ? "ENABLED" : "DISABLED",
      streamViewType: entry.viewType,
      creationRequestDateTime: entry.createdMs,
      tableName: entry.tableName,
      keySchema: schemaOf(entry.key),
      shards: page.map(describeShard),
      ...(page.length < shards.length ? { lastEvaluatedShardId: page.at(-1)?.id } : {}),
    };
  }

  /**
   * Good for 15 minutes of the store's time.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_DATA_TRIMMED.
   */
  async getShardIterator(
    request: GetShardIteratorRequest,
  ): Promise<{ readonly shardIterator: string }> {
    const { streamArn, shardId } = request;
    const given = givenPosition(request);
    return this.#view(async (view) => {
      const shard = this.#shard(await this.#entry(view, streamArn), shardId);
      const from = given ?? (request.shardIteratorType === "LATEST" ? behind(view) : OLDEST);
      if (given !== undefined) {
        checkWithin(shard, given);
        await this.#checkKept(view, shard, given);
      }
      const iterator = { streamArn, shardId, from };
      return { shardIterator: encodeIterator(iterator, this.#context.store.clock.now()) };
    });
  }

  /**
   * @throws FIRN_TABLE_ITERATOR_EXPIRED, FIRN_TABLE_DATA_TRIMMED, FIRN_TABLE_NOT_FOUND,
   * FIRN_TABLE_REQUEST_INVALID.
   */
  async getRecords(request: GetRecordsRequest): Promise<GetRecordsAnswer> {
    const now = this.#context.store.clock.now();
    const iterator = decodeIterator(request.shardIterator, now);
    const limit = request.limit ?? STREAM_PAGE_RECORDS_MAX;
    return this.#view(async (view) => {
      const entry = await this.#entry(view, iterator.streamArn);
      const shard = this.#shard(entry, iterator.shardId);
      const from = await this.#checkKept(view, shard, iterator.from);
      const page = await readShard(view, shard, { from, limit });
      const records = page.records.map((record) => recordOf(entry, record));
      if (page.atEnd && shard.endLsn !== undefined) return { records };
      const last = page.records.at(-1);
      const next = last === undefined ? from : { lsn: last.lsn, ordinal: last.ordinal + 1 };
      return { records, nextShardIterator: encodeIterator({ ...iterator, from: next }, now) };
    });
  }

  /** Where to read from. @throws FIRN_TABLE_DATA_TRIMMED when something there is gone. */
  async #checkKept(
    view: ReadView,
    shard: StreamShard,
    from: StreamPosition,
  ): Promise<StreamPosition> {
    const horizon = await trimHorizon(view, shard, this.#horizonMs());
    if (from.lsn >= horizon.lsn) return from;
    if (from.lsn !== 0 && (await isTrimmed(view, shard, { from, horizon }))) {
      throw tableError(
        "FIRN_TABLE_DATA_TRIMMED",
        "The operation attempted to read past the oldest stream record in a shard.",
        { shardId: shard.id },
      );
    }
    return horizon;
  }

  #shard(entry: StreamEntry, shardId: string): StreamShard {
    const shard = shardsOf(entry, this.#horizonMs()).find(({ id }) => id === shardId);
    if (shard !== undefined) return shard;
    throw tableError(
      "FIRN_TABLE_NOT_FOUND",
      `Requested resource not found: Shard: ${shardId} in stream: ${entry.arn} not found`,
      { shardId },
    );
  }

  /** A stream that ended so long ago that nothing of it is kept is not there. */
  async #entry(view: ReadView, streamArn: string): Promise<StreamEntry> {
    const entry = await this.#context.streams.read(view, this.#nameOf(streamArn));
    if (entry !== undefined && keptGenerations(entry, this.#horizonMs()).length > 0) return entry;
    throw streamNotFound(streamArn);
  }

  #nameOf(streamArn: string): StreamName {
    const name = parseStreamArn(streamArn);
    if (name === undefined) throw invalid(`Invalid StreamArn: ${streamArn}`);
    if (!sameScope(name.scope, this.#context.scope)) throw streamNotFound(streamArn);
    return name;
  }

  #horizonMs(): number {
    return this.#context.store.clock.now() - STREAM_RETENTION_MS;
  }

  async #view<T>(read: (view: ReadView) => Promise<T>): Promise<T> {
    const view = this.#context.store.view();
    try {
      return await read(view);
    } finally {
      view.close();
    }
  }
}

function sameScope(left: Scope, right: Scope): boolean {
  return left.accountId === right.accountId && left.region === right.region;
}

function streamNotFound(streamArn: string): Error {
  return tableError(
    "FIRN_TABLE_NOT_FOUND",
    `Requested resource not found: Stream: ${streamArn} not found`,
    { streamArn },
  );
}

/** Behind everything that is visible. */
function behind(view: ReadView): StreamPosition {
  return { lsn: view.lsn + 1, ordinal: 0 };
}

/** The position that a request names. @throws FIRN_TABLE_REQUEST_INVALID. */
function givenPosition(request: GetShardIteratorRequest): StreamPosition | undefined {
  const { shardIteratorType: type, sequenceNumber: text } = request;
  const named = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (!named) {
    if (text === undefined) return undefined;
    throw invalid(`SequenceNumber must not be specified for ShardIteratorType ${type}`);
  }
  if (text === undefined) throw invalid(`SequenceNumber is required for ShardIteratorType ${type}`);
  const at = parseSequenceNumber(text);
  if (at === undefined) throw outsideShard(text);
  return type === "AT_SEQUENCE_NUMBER" ? at : { lsn: at.lsn, ordinal: at.ordinal + 1 };
}

function checkWithin({ generation, endLsn }: StreamShard, at: StreamPosition): void {
  if (at.lsn >= generation.startLsn && (endLsn === undefined || at.lsn < endLsn)) return;
  throw outsideShard(sequenceNumber(at));
}

function outsideShard(text: string): Error {
  return invalid(`Invalid SequenceNumber: ${text} is not one of the shard`);
}

function describeShard({ id, parentId, generation, endLsn }: StreamShard): ShardDescription {
  const startingSequenceNumber = sequenceNumber({ lsn: generation.startLsn, ordinal: 0 });
  const ending = endLsn === undefined ? undefined : { lsn: endLsn - 1, ordinal: 0xffff };
  return {
    shardId: id,
    ...(parentId === undefined ? {} : { parentShardId: parentId }),
    sequenceNumberRange: {
      startingSequenceNumber,
      ...(ending === undefined ? {} : { endingSequenceNumber: sequenceNumber(ending) }),
    },
  };
}
