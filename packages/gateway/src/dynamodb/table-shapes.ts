import type {
  CreateTableRequest,
  GlobalSecondaryIndex,
  GlobalSecondaryIndexUpdate,
  LocalSecondaryIndex,
  ProvisionedThroughput,
} from "@firn/tables";
import { list, long, ServiceError, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { onDemandOf, onDemandThroughput, warmOf, warmThroughput } from "./setting-shapes.ts";
import type { WireOnDemand, WireWarm } from "./setting-shapes.ts";

/* What requests say about tables, and how tables are described. */

export interface WireThroughput {
  readonly ReadCapacityUnits: number;
  readonly WriteCapacityUnits: number;
}

export const provisionedThroughput: Shape<WireThroughput, false> = structure({
  WriteCapacityUnits: long({ required: true, min: 1 }),
  ReadCapacityUnits: long({ required: true, min: 1 }),
});

export const billingMode: Shape<"PROVISIONED" | "PAY_PER_REQUEST", false> = string({
  values: ["PROVISIONED", "PAY_PER_REQUEST"],
});

interface WireKeyElement {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

const keyElement: Shape<WireKeyElement> = structure({
  AttributeName: string({ required: true, max: 255, min: 1 }),
  KeyType: string({ required: true, values: ["HASH", "RANGE"] }),
});

export const tableKeySchema: Shape<readonly WireKeyElement[], true> = list(keyElement, {
  required: true,
  min: 1,
  max: 2,
});

/** A global index has up to 4 attributes in each half of its key. */
const indexKeySchema: Shape<readonly WireKeyElement[], true> = list(keyElement, {
  required: true,
  min: 1,
  max: 8,
});

interface WireDefinition {
  readonly AttributeName: string;
  readonly AttributeType: "B" | "N" | "S";
}

export const attributeDefinitions: Shape<readonly WireDefinition[], true> = list(
  structure({
    AttributeName: string({ required: true, max: 255, min: 1 }),
    AttributeType: string({ required: true, values: ["B", "N", "S"] }),
  }),
  { required: true },
);

interface WireProjection {
  readonly ProjectionType?: "ALL" | "INCLUDE" | "KEYS_ONLY" | undefined;
  readonly NonKeyAttributes?: readonly string[] | undefined;
}

const projection: Shape<WireProjection, true> = structure(
  {
    ProjectionType: string({ values: ["ALL", "INCLUDE", "KEYS_ONLY"] }),
    NonKeyAttributes: list(string({ min: 1, max: 255 }), { min: 1, max: 100 }),
  },
  { required: true },
);

const requiredIndexName: Shape<string, true> = string({
  required: true,
  pattern: "[a-zA-Z0-9_.-]+",
  min: 3,
  max: 255,
});

interface WireIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly WireKeyElement[];
  readonly Projection: WireProjection;
  readonly ProvisionedThroughput?: WireThroughput | undefined;
  readonly OnDemandThroughput?: WireOnDemand | undefined;
  readonly WarmThroughput?: WireWarm | undefined;
}

export const localIndexes: Shape<readonly WireIndex[], false> = list(
  structure({
    IndexName: requiredIndexName,
    KeySchema: tableKeySchema,
    Projection: projection,
  }),
);

const globalIndex: Shape<WireIndex, false> = structure({
  IndexName: requiredIndexName,
  KeySchema: indexKeySchema,
  Projection: projection,
  ProvisionedThroughput: provisionedThroughput,
  OnDemandThroughput: onDemandThroughput,
  WarmThroughput: warmThroughput,
});

export const globalIndexes: Shape<readonly WireIndex[], false> = list(globalIndex);

interface WireIndexUpdate {
  readonly Create?: WireIndex | undefined;
  readonly Update?:
    | {
        readonly IndexName: string;
        readonly ProvisionedThroughput?: WireThroughput | undefined;
        readonly OnDemandThroughput?: WireOnDemand | undefined;
        readonly WarmThroughput?: WireWarm | undefined;
      }
    | undefined;
  readonly Delete?: { readonly IndexName: string } | undefined;
}

export const indexUpdates: Shape<readonly WireIndexUpdate[], false> = list(
  structure({
    Update: structure({
      IndexName: requiredIndexName,
      ProvisionedThroughput: provisionedThroughput,
      OnDemandThroughput: onDemandThroughput,
      WarmThroughput: warmThroughput,
    }),
    Create: globalIndex,
    Delete: structure({ IndexName: requiredIndexName }),
  }),
);

export function indexUpdateOf({
  Create,
  Update,
  Delete,
}: WireIndexUpdate): GlobalSecondaryIndexUpdate {
  return {
    create: Create && globalIndexOf(Create),
    update: Update && {
      indexName: Update.IndexName,
      provisionedThroughput: throughputOf(Update.ProvisionedThroughput),
      onDemandThroughput: onDemandOf(Update.OnDemandThroughput),
      warmThroughput: warmOf(Update.WarmThroughput),
    },
    delete: Delete && { indexName: Delete.IndexName },
  };
}

/** The name of a table that a control call is about. @throws ValidationException. */
export function requireTableName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new ServiceError(
    "ValidationException",
    400,
    "The parameter 'TableName' is required but was not present in the request",
  );
}

export function throughputOf(given: WireThroughput | undefined): ProvisionedThroughput | undefined {
  if (given === undefined) return undefined;
  return {
    readCapacityUnits: given.ReadCapacityUnits,
    writeCapacityUnits: given.WriteCapacityUnits,
  };
}

export function keySchemaOf(elements: readonly WireKeyElement[]): CreateTableRequest["keySchema"] {
  return elements.map(({ AttributeName, KeyType }) => ({
    attributeName: AttributeName,
    keyType: KeyType,
  }));
}

export function definitionsOf(
  definitions: readonly WireDefinition[],
): CreateTableRequest["attributeDefinitions"] {
  return definitions.map(({ AttributeName, AttributeType }) => ({
    attributeName: AttributeName,
    attributeType: AttributeType,
  }));
}

export function localIndexOf(index: WireIndex): LocalSecondaryIndex {
  return {
    indexName: index.IndexName,
    keySchema: keySchemaOf(index.KeySchema),
    projection: {
      projectionType: index.Projection.ProjectionType,
      nonKeyAttributes: index.Projection.NonKeyAttributes,
    },
  };
}

export function globalIndexOf(index: WireIndex): GlobalSecondaryIndex {
  return {
    ...localIndexOf(index),
    provisionedThroughput: throughputOf(index.ProvisionedThroughput),
    onDemandThroughput: onDemandOf(index.OnDemandThroughput),
    warmThroughput: warmOf(index.WarmThroughput),
  };
}
