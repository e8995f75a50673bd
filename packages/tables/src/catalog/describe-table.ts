import type { KeySpaceId } from "@firn/core";
import { ownWarmth } from "./table-settings.ts";
import type {
  IndexRecord,
  KeyAttribute,
  KeySchema,
  TableRecord,
  Throughput,
} from "./table-record.ts";
import type {
  GlobalIndexDescription,
  GlobalSecondaryIndex,
  IndexDescription,
  KeySchemaElement,
  ProvisionedThroughputDescription,
  TableDescription,
  TableStatus,
} from "./table-requests.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NO_THROUGHPUT: Throughput = { read: 0, write: 0, decreasesToday: 0 };

/** Items and bytes of a key space. */
export type SizeOf = (space: KeySpaceId) => { readonly items: number; readonly bytes: number };

export interface DescribeOptions {
  readonly nowMs: number;
  /** Differs from ACTIVE only in the answers of changes. */
  readonly status: TableStatus;
  readonly sizeOf: SizeOf;
}

/** What DescribeTable says. */
export function describeTable(table: TableRecord, options: DescribeOptions): TableDescription {
  const { nowMs, status, sizeOf } = options;
  const { items, bytes } = sizeOf(table.space);
  const { localIndexes, globalIndexes } = table;
  return {
    tableName: table.name,
    tableId: table.id,
    tableArn: table.arn,
    tableStatus: status,
    creationDateTime: table.createdMs,
    attributeDefinitions: table.attributes.map(({ name, type }: KeyAttribute) => ({
      attributeName: name,
      attributeType: type,
    })),
    keySchema: schemaOf(table.key),
    provisionedThroughput: throughputOf(table.throughput, nowMs),
    billingModeSummary: billingOf(table),
    localSecondaryIndexes:
      localIndexes.length === 0
        ? undefined
        : localIndexes.map((index) => describeIndex(table, index, sizeOf)),
    globalSecondaryIndexes:
      globalIndexes.length === 0
        ? undefined
        : globalIndexes.map((index) => describeGlobal(table, index, options)),
    itemCount: items,
    tableSizeBytes: bytes,
    deletionProtectionEnabled: table.deletionProtected,
    ...settingsOf(table, table),
    ...classOf(table),
    ...streamOf(table),
    ...restoreOf(table),
  };
}

/** Maximums and warm throughput, of a table or a global index. */
function settingsOf(
  { billingMode }: TableRecord,
  { onDemandMax: max, warm, throughput = NO_THROUGHPUT }: IndexRecord | TableRecord,
): Pick<TableDescription, "onDemandThroughput" | "warmThroughput"> {
  const own = ownWarmth(billingMode, throughput);
  return {
    ...(max?.read === undefined && max?.write === undefined
      ? {}
      : {
          onDemandThroughput: {
            maxReadRequestUnits: max.read ?? -1,
            maxWriteRequestUnits: max.write ?? -1,
          },
        }),
    warmThroughput: {
      readUnitsPerSecond: Math.max(warm?.read ?? 0, own.read ?? 0),
      writeUnitsPerSecond: Math.max(warm?.write ?? 0, own.write ?? 0),
      status: "ACTIVE",
    },
  };
}

function classOf({ tableClass }: TableRecord): Pick<TableDescription, "tableClassSummary"> {
  if (tableClass === undefined) return {};
  const { name, changedMs } = tableClass;
  return { tableClassSummary: { tableClass: name, lastUpdateDateTime: changedMs } };
}

function streamOf({
  arn,
  stream,
  latestStreamLabel: label,
}: TableRecord): Partial<TableDescription> {
  if (label === undefined) return {};
  return {
    latestStreamLabel: label,
    latestStreamArn: `${arn}/stream/${label}`,
    ...(stream === undefined
      ? {}
      : { streamSpecification: { streamEnabled: true, streamViewType: stream.viewType } }),
  };
}

function restoreOf({ restoring, restored }: TableRecord): Partial<TableDescription> {
  const from = restoring ?? restored;
  if (from === undefined) return {};
  return {
    restoreSummary: {
      sourceBackupArn: from.sourceBackupArn,
      sourceTableArn: from.sourceTableArn,
      restoreDateTime: from.atMs,
      restoreInProgress: restoring !== undefined,
    },
  };
}

/** An index as a backup shows it. */
export function indexInfo({
  name,
  key,
  projection,
  throughput,
}: IndexRecord): GlobalSecondaryIndex {
  const { type, nonKeyAttributes } = projection;
  return {
    indexName: name,
    keySchema: schemaOf(key),
    projection:
      type === "INCLUDE" ? { projectionType: type, nonKeyAttributes } : { projectionType: type },
    ...(throughput === undefined || throughput.read === 0
      ? {}
      : {
          provisionedThroughput: {
            readCapacityUnits: throughput.read,
            writeCapacityUnits: throughput.write,
          },
        }),
  };
}

/** A key as the API writes it. */
export function schemaOf(key: KeySchema): KeySchemaElement[] {
  return [
    ...key.partition.map(({ name }) => ({ attributeName: name, keyType: "HASH" as const })),
    ...key.sort.map(({ name }) => ({ attributeName: name, keyType: "RANGE" as const })),
  ];
}

/** Decreases are counted per day: those of yesterday are forgotten. */
export function decreasesToday(throughput: Throughput, nowMs: number): number {
  const { decreasedMs, decreasesToday: count } = throughput;
  if (decreasedMs === undefined) return 0;
  return Math.floor(decreasedMs / DAY_MS) === Math.floor(nowMs / DAY_MS) ? count : 0;
}

function throughputOf(throughput: Throughput, nowMs: number): ProvisionedThroughputDescription {
  return {
    readCapacityUnits: throughput.read,
    writeCapacityUnits: throughput.write,
    numberOfDecreasesToday: decreasesToday(throughput, nowMs),
    lastIncreaseDateTime: throughput.increasedMs,
    lastDecreaseDateTime: throughput.decreasedMs,
  };
}

/** Tables that never were PAY_PER_REQUEST have no summary. */
function billingOf(table: TableRecord): TableDescription["billingModeSummary"] {
  if (table.onDemandMs === undefined) return undefined;
  return {
    billingMode: table.billingMode,
    lastUpdateToPayPerRequestDateTime: table.onDemandMs,
  };
}

function describeIndex(table: TableRecord, index: IndexRecord, sizeOf: SizeOf): IndexDescription {
  const { items, bytes } = sizeOf(index.space);
  const { type, nonKeyAttributes } = index.projection;
  return {
    indexName: index.name,
    keySchema: schemaOf(index.key),
    projection:
      type === "INCLUDE" ? { projectionType: type, nonKeyAttributes } : { projectionType: type },
    indexArn: `${table.arn}/index/${index.name}`,
    indexSizeBytes: bytes,
    itemCount: items,
  };
}

function describeGlobal(
  table: TableRecord,
  index: IndexRecord,
  at: DescribeOptions,
): GlobalIndexDescription {
  const status = index.backfilling === true ? "CREATING" : at.status;
  return {
    ...describeIndex(table, index, at.sizeOf),
    indexStatus: status === "UPDATING" ? "ACTIVE" : status,
    backfilling: index.backfilling,
    provisionedThroughput: throughputOf(index.throughput ?? NO_THROUGHPUT, at.nowMs),
    ...settingsOf(table, index),
  };
}
