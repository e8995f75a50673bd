import type { BillingMode } from "../catalog/table-record.ts";
import type {
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  OnDemandThroughput,
  ProvisionedThroughput,
} from "../catalog/table-requests.ts";

/* Backups and restores: AWS's names in camelCase, times in ms since 1970 UTC. */

export interface CreateBackupRequest {
  readonly tableName: string;
  /** 3 to 255 characters of a-z, A-Z, 0-9, `_`, `.` and `-`; need not be unique. */
  readonly backupName: string;
}

export interface BackupDetails {
  readonly backupArn: string;
  readonly backupName: string;
  readonly backupSizeBytes: number;
  readonly backupStatus: "CREATING" | "AVAILABLE" | "DELETED";
  readonly backupType: "USER" | "SYSTEM";
  readonly backupCreationDateTime: number;
  readonly backupExpiryDateTime?: number | undefined;
}

export interface BackupDescription {
  readonly backupDetails: BackupDetails;
  readonly sourceTableDetails: {
    readonly tableName: string;
    readonly tableId: string;
    readonly tableArn: string;
    readonly tableSizeBytes: number;
    readonly keySchema: readonly KeySchemaElement[];
    readonly tableCreationDateTime: number;
    readonly provisionedThroughput: ProvisionedThroughput;
    readonly itemCount: number;
    readonly billingMode: BillingMode;
  };
  readonly sourceTableFeatureDetails: {
    readonly localSecondaryIndexes?: readonly LocalSecondaryIndex[] | undefined;
    readonly globalSecondaryIndexes?: readonly GlobalSecondaryIndex[] | undefined;
  };
}

export interface BackupSummary extends BackupDetails {
  readonly tableName: string;
  readonly tableId: string;
  readonly tableArn: string;
}

export interface ListBackupsRequest {
  readonly tableName?: string | undefined;
  /** 1 to 100, default 100. */
  readonly limit?: number | undefined;
  /** Made at that time or later. */
  readonly timeRangeLowerBound?: number | undefined;
  /** Made before that time. */
  readonly timeRangeUpperBound?: number | undefined;
  readonly exclusiveStartBackupArn?: string | undefined;
  readonly backupType?: "USER" | "SYSTEM" | "AWS_BACKUP" | "ALL" | undefined;
}

export interface ListBackupsAnswer {
  readonly backupSummaries: readonly BackupSummary[];
  readonly lastEvaluatedBackupArn?: string | undefined;
}

interface RestoreOverrides {
  /** Of a table that does not exist. */
  readonly targetTableName: string;
  readonly billingModeOverride?: BillingMode | undefined;
  /** Those of the source's indexes that the table shall have; default all. */
  readonly globalSecondaryIndexOverride?: readonly GlobalSecondaryIndex[] | undefined;
  readonly localSecondaryIndexOverride?: readonly LocalSecondaryIndex[] | undefined;
  readonly provisionedThroughputOverride?: ProvisionedThroughput | undefined;
  readonly onDemandThroughputOverride?: OnDemandThroughput | undefined;
}

export interface RestoreFromBackupRequest extends RestoreOverrides {
  readonly backupArn: string;
}

export interface RestoreToPointInTimeRequest extends RestoreOverrides {
  /** One of the two. */
  readonly sourceTableName?: string | undefined;
  readonly sourceTableArn?: string | undefined;
  /** One of the two; a time means the end of that millisecond. */
  readonly restoreDateTime?: number | undefined;
  readonly useLatestRestorableTime?: boolean | undefined;
}

export type RestoreRequest = RestoreOverrides;

export interface UpdateContinuousBackupsRequest {
  readonly tableName: string;
  readonly pointInTimeRecoverySpecification: {
    readonly pointInTimeRecoveryEnabled: boolean;
    /** 1 to 35, default 35. */
    readonly recoveryPeriodInDays?: number | undefined;
  };
}

export interface ContinuousBackupsDescription {
  readonly continuousBackupsStatus: "ENABLED";
  readonly pointInTimeRecoveryDescription: {
    readonly pointInTimeRecoveryStatus: "ENABLED" | "DISABLED";
    readonly recoveryPeriodInDays?: number | undefined;
    readonly earliestRestorableDateTime?: number | undefined;
    readonly latestRestorableDateTime?: number | undefined;
  };
}
