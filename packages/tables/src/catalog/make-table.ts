import type { Random, Transaction } from "@firn/core";
import { INDEXED_VALUE_BYTES } from "../constants.ts";
import type {
  BillingMode,
  IndexRecord,
  KeyAttribute,
  KeySchema,
  Scope,
  TableRecord,
  Throughput,
} from "./table-record.ts";
import type {
  AttributeDefinition,
  CreateTableRequest,
  GlobalSecondaryIndex,
  KeySchemaElement,
  ProvisionedThroughput,
} from "./table-requests.ts";
import { checkTableClass, onDemandMaxOf, ownWarmth, warmOf } from "./table-settings.ts";

/** A random UUID (version 4). */
export function drawTableId(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/** The record of a checked request, with its key spaces made in `tx`. */
export function makeTable(
  tx: Transaction,
  request: CreateTableRequest,
  owner: { readonly scope: Scope; readonly id: string },
): TableRecord {
  const { accountId, region } = owner.scope;
  const billingMode = request.billingMode ?? "PROVISIONED";
  const definitions = request.attributeDefinitions;
  return {
    name: request.tableName,
    id: owner.id,
    arn: `arn:aws:dynamodb:${region}:${accountId}:table/${request.tableName}`,
    createdMs: tx.now,
    space: makeSpace(tx),
    key: keySchema(request.keySchema, definitions),
    attributes: definitions.map(attributeOf),
    billingMode,
    onDemandMs: billingMode === "PAY_PER_REQUEST" ? tx.now : undefined,
    throughput: throughputOf(request.provisionedThroughput),
    localIndexes: (request.localSecondaryIndexes ?? []).map((index) =>
      makeIndex(tx, index, definitions),
    ),
    globalIndexes: (request.globalSecondaryIndexes ?? []).map((index) => ({
      ...makeIndex(tx, index, definitions),
      ...globalSettings(index, billingMode),
    })),
    ...tableSettings(request, billingMode),
    deletionProtected: request.deletionProtectionEnabled ?? false,
    tags: request.tags ?? [],
    ...(request.resourcePolicy === undefined
      ? {}
      : { policy: { text: request.resourcePolicy, revisionId: String(tx.now) } }),
  };
}

/** An index with a key space of its own, so that dropping it costs nothing. */
export function makeIndex(
  tx: Transaction,
  index: GlobalSecondaryIndex,
  definitions: readonly AttributeDefinition[],
): IndexRecord {
  return {
    name: index.indexName,
    key: keySchema(index.keySchema, definitions),
    projection: {
      type: index.projection.projectionType ?? "ALL",
      nonKeyAttributes: index.projection.nonKeyAttributes ?? [],
    },
    space: makeSpace(tx),
  };
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function tableSettings(
  { tableClass, onDemandThroughput, warmThroughput, provisionedThroughput }: CreateTableRequest,
  billingMode: BillingMode,
): Pick<TableRecord, "tableClass" | "onDemandMax" | "warm"> {
  const least = ownWarmth(billingMode, throughputOf(provisionedThroughput));
  return {
    ...(tableClass === undefined ? {} : { tableClass: { name: checkTableClass(tableClass) } }),
    ...(onDemandThroughput && { onDemandMax: onDemandMaxOf(onDemandThroughput, { billingMode }) }),
    ...(warmThroughput && { warm: warmOf(warmThroughput, { billingMode, least, isNew: true }) }),
  };
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function globalSettings(
  index: GlobalSecondaryIndex,
  billingMode: BillingMode,
): Pick<IndexRecord, "throughput" | "onDemandMax" | "warm"> {
  const { indexName, onDemandThroughput, warmThroughput } = index;
  const throughput = throughputOf(index.provisionedThroughput);
  const owner = { billingMode, indexName };
  const least = ownWarmth(billingMode, throughput);
  return {
    throughput,
    ...(onDemandThroughput && { onDemandMax: onDemandMaxOf(onDemandThroughput, owner) }),
    ...(warmThroughput && { warm: warmOf(warmThroughput, { ...owner, least, isNew: true }) }),
  };
}

/** A key space for items or index entries. */
export function makeSpace(tx: Transaction): number {
  return tx.createKeySpace({ indexedValueBytes: INDEXED_VALUE_BYTES });
}

export function throughputOf(given: ProvisionedThroughput | undefined): Throughput {
  return {
    read: given?.readCapacityUnits ?? 0,
    write: given?.writeCapacityUnits ?? 0,
    decreasesToday: 0,
  };
}

export function attributeOf(definition: AttributeDefinition): KeyAttribute {
  return { name: definition.attributeName, type: definition.attributeType };
}

export function keySchema(
  elements: readonly KeySchemaElement[],
  definitions: readonly AttributeDefinition[],
): KeySchema {
  const of = (keyType: string): KeyAttribute[] =>
    elements
      .filter((element) => element.keyType === keyType)
      .map(({ attributeName }) => {
        const definition = definitions.find((each) => each.attributeName === attributeName);
        return attributeOf(definition as AttributeDefinition);
      });
  return { partition: of("HASH"), sort: of("RANGE") };
}
