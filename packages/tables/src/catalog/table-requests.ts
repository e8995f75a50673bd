import type { StreamSpecification } from "../streams/stream-requests.ts";
import type { BillingMode, ProjectionType, TableClass, Tag } from "./table-record.ts";

/* Requests and descriptions of tables: AWS's names in camelCase, times in ms since 1970 UTC. */

export interface AttributeDefinition {
  readonly attributeName: string;
  readonly attributeType: "S" | "N" | "B";
}

export interface KeySchemaElement {
  readonly attributeName: string;
  readonly keyType: "HASH" | "RANGE";
}

export interface ProvisionedThroughput {
  readonly readCapacityUnits: number;
  readonly writeCapacityUnits: number;
}

/** The most that an on-demand table or index may use, in units a second; -1: no maximum. */
export interface OnDemandThroughput {
  readonly maxReadRequestUnits?: number | undefined;
  readonly maxWriteRequestUnits?: number | undefined;
}

/** What a table or index takes at once. */
export interface WarmThroughput {
  readonly readUnitsPerSecond?: number | undefined;
  readonly writeUnitsPerSecond?: number | undefined;
}

export interface WarmThroughputDescription extends WarmThroughput {
  readonly status: "ACTIVE";
}

export interface IndexProjection {
  readonly projectionType?: ProjectionType | undefined;
  readonly nonKeyAttributes?: readonly string[] | undefined;
}

export interface LocalSecondaryIndex {
  readonly indexName: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly projection: IndexProjection;
}

export interface GlobalSecondaryIndex extends LocalSecondaryIndex {
  readonly provisionedThroughput?: ProvisionedThroughput | undefined;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  readonly warmThroughput?: WarmThroughput | undefined;
}

export interface CreateTableRequest {
  /** 3 to 255 characters of a-z, A-Z, 0-9, `_`, `.` and `-`. */
  readonly tableName: string;
  readonly attributeDefinitions: readonly AttributeDefinition[];
  readonly keySchema: readonly KeySchemaElement[];
  /** Default PROVISIONED, which needs `provisionedThroughput`. */
  readonly billingMode?: BillingMode | undefined;
  readonly provisionedThroughput?: ProvisionedThroughput | undefined;
  readonly localSecondaryIndexes?: readonly LocalSecondaryIndex[] | undefined;
  readonly globalSecondaryIndexes?: readonly GlobalSecondaryIndex[] | undefined;
  /** While set, the table cannot be deleted. Default false. */
  readonly deletionProtectionEnabled?: boolean | undefined;
  /** At most 50. */
  readonly tags?: readonly Tag[] | undefined;
  readonly streamSpecification?: StreamSpecification | undefined;
  /** STANDARD or STANDARD_INFREQUENT_ACCESS: told again, and changes nothing here. */
  readonly tableClass?: string | undefined;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  readonly warmThroughput?: WarmThroughput | undefined;
  /** JSON, up to 20 KB. */
  readonly resourcePolicy?: string | undefined;
}

export interface UpdateTableRequest {
  readonly tableName: string;
  readonly billingMode?: BillingMode | undefined;
  readonly provisionedThroughput?: ProvisionedThroughput | undefined;
  readonly deletionProtectionEnabled?: boolean | undefined;
  readonly streamSpecification?: StreamSpecification | undefined;
  readonly tableClass?: string | undefined;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  readonly warmThroughput?: WarmThroughput | undefined;
  /** Types of key attributes that new indexes bring. */
  readonly attributeDefinitions?: readonly AttributeDefinition[] | undefined;
  /** At most one index is created or deleted at a time. */
  readonly globalSecondaryIndexUpdates?: readonly GlobalSecondaryIndexUpdate[] | undefined;
}

/** One of the three. */
export interface GlobalSecondaryIndexUpdate {
  readonly create?: GlobalSecondaryIndex | undefined;
  readonly update?:
    | {
        readonly indexName: string;
        readonly provisionedThroughput?: ProvisionedThroughput | undefined;
        readonly onDemandThroughput?: OnDemandThroughput | undefined;
        readonly warmThroughput?: WarmThroughput | undefined;
      }
    | undefined;
  readonly delete?: { readonly indexName: string } | undefined;
}

export interface ProvisionedThroughputDescription extends ProvisionedThroughput {
  readonly numberOfDecreasesToday: number;
  readonly lastIncreaseDateTime?: number | undefined;
  readonly lastDecreaseDateTime?: number | undefined;
}

export type TableStatus = "CREATING" | "UPDATING" | "ACTIVE" | "DELETING";

export interface IndexDescription {
  readonly indexName: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly projection: IndexProjection;
  readonly indexArn: string;
  readonly indexSizeBytes: number;
  readonly itemCount: number;
}

export interface GlobalIndexDescription extends IndexDescription {
  readonly indexStatus: TableStatus;
  readonly backfilling?: boolean | undefined;
  readonly provisionedThroughput: ProvisionedThroughputDescription;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  readonly warmThroughput: WarmThroughputDescription;
}

export interface TableDescription {
  readonly tableName: string;
  readonly tableId: string;
  readonly tableArn: string;
  readonly tableStatus: TableStatus;
  readonly creationDateTime: number;
  readonly attributeDefinitions: readonly AttributeDefinition[];
  readonly keySchema: readonly KeySchemaElement[];
  readonly provisionedThroughput: ProvisionedThroughputDescription;
  readonly billingModeSummary?:
    | {
        readonly billingMode: BillingMode;
        readonly lastUpdateToPayPerRequestDateTime?: number | undefined;
      }
    | undefined;
  readonly localSecondaryIndexes?: readonly IndexDescription[] | undefined;
  readonly globalSecondaryIndexes?: readonly GlobalIndexDescription[] | undefined;
  readonly itemCount: number;
  readonly tableSizeBytes: number;
  readonly deletionProtectionEnabled: boolean;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  readonly warmThroughput: WarmThroughputDescription;
  /** Once a class was asked for. */
  readonly tableClassSummary?:
    | { readonly tableClass: TableClass; readonly lastUpdateDateTime?: number | undefined }
    | undefined;
  /** While its stream is enabled. */
  readonly streamSpecification?: StreamSpecification | undefined;
  /** Of the newest stream, also when it is disabled. */
  readonly latestStreamLabel?: string | undefined;
  readonly latestStreamArn?: string | undefined;
  /** Of a table that was made from a backup, or from another's past. */
  readonly restoreSummary?:
    | {
        readonly sourceBackupArn?: string | undefined;
        readonly sourceTableArn: string;
        readonly restoreDateTime: number;
        readonly restoreInProgress: boolean;
      }
    | undefined;
}

export interface ListTablesRequest {
  /** Names behind this one. */
  readonly exclusiveStartTableName?: string | undefined;
  /** 1 to 100, default 100. */
  readonly limit?: number | undefined;
}

export interface ListTablesAnswer {
  readonly tableNames: readonly string[];
  /** Set when there may be more. */
  readonly lastEvaluatedTableName?: string | undefined;
}
