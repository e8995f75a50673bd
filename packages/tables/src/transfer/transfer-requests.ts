import type { CreateTableRequest } from "../catalog/table-requests.ts";
import type { TransferStatus } from "./transfer-records.ts";

/* Exports and imports: AWS's names in camelCase, times in ms since 1970 UTC. */

export interface ExportTableRequest {
  readonly tableArn: string;
  readonly s3Bucket: string;
  readonly s3Prefix?: string | undefined;
  /** Default now. */
  readonly exportTime?: number | undefined;
  /** Whoever sends the same again gets the same export. */
  readonly clientToken?: string | undefined;
  /** Only what changed in between; default everything. */
  readonly incrementalExportSpecification?:
    | {
        readonly exportFromTime?: number | undefined;
        readonly exportToTime?: number | undefined;
        /** Default NEW_AND_OLD_IMAGES. */
        readonly exportViewType?: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES" | undefined;
      }
    | undefined;
}

export interface ExportDescription {
  readonly exportArn: string;
  readonly exportStatus: TransferStatus;
  readonly startTime: number;
  readonly endTime?: number | undefined;
  readonly exportManifest?: string | undefined;
  readonly tableArn: string;
  readonly tableId: string;
  readonly exportTime: number;
  readonly clientToken?: string | undefined;
  readonly s3Bucket: string;
  readonly s3Prefix?: string | undefined;
  readonly failureCode?: string | undefined;
  readonly failureMessage?: string | undefined;
  readonly exportFormat: "DYNAMODB_JSON";
  readonly billedSizeBytes?: number | undefined;
  readonly itemCount?: number | undefined;
  readonly exportType: "FULL_EXPORT" | "INCREMENTAL_EXPORT";
  readonly incrementalExportSpecification?:
    | {
        readonly exportFromTime: number;
        readonly exportToTime: number;
        readonly exportViewType: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES";
      }
    | undefined;
}

export interface ListTransfersRequest {
  readonly tableArn?: string | undefined;
  /** 1 to 25, default 25. */
  readonly limit?: number | undefined;
  readonly nextToken?: string | undefined;
}

export interface ImportTableRequest {
  readonly s3Bucket: string;
  /** Every object whose key begins so is read. */
  readonly s3KeyPrefix?: string | undefined;
  /** Default NONE. */
  readonly inputCompressionType?: "GZIP" | "NONE" | undefined;
  readonly clientToken?: string | undefined;
  readonly tableCreationParameters: CreateTableRequest;
}

export interface ImportDescription {
  readonly importArn: string;
  readonly importStatus: TransferStatus;
  readonly tableArn: string;
  readonly tableId: string;
  readonly clientToken?: string | undefined;
  readonly s3BucketSource: { readonly s3Bucket: string; readonly s3KeyPrefix?: string | undefined };
  readonly errorCount: number;
  readonly inputFormat: "DYNAMODB_JSON";
  readonly inputCompressionType: "GZIP" | "NONE";
  readonly tableCreationParameters: CreateTableRequest;
  readonly startTime: number;
  readonly endTime?: number | undefined;
  readonly processedSizeBytes: number;
  readonly processedItemCount: number;
  readonly importedItemCount: number;
  readonly failureCode?: string | undefined;
  readonly failureMessage?: string | undefined;
}
