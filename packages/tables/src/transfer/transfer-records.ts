import type { Lsn } from "@firn/core";
import type { Scope } from "../catalog/table-record.ts";
import type { CreateTableRequest } from "../catalog/table-requests.ts";

export type TransferStatus = "IN_PROGRESS" | "COMPLETED" | "FAILED";

interface TransferRecord {
  readonly arn: string;
  readonly scope: Scope;
  readonly status: TransferStatus;
  readonly startMs: number;
  readonly endMs?: number | undefined;
  readonly tableName: string;
  readonly tableArn: string;
  readonly tableId: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly token?: string | undefined;
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

export interface ExportRecord extends TransferRecord {
  readonly kind: "export";
  /** The moment that is exported. */
  readonly timeMs: number;
  readonly lsn: Lsn;
  /** What changed since; absent: everything. */
  readonly since?:
    | {
        readonly fromMs: number;
        readonly lsn: Lsn;
        readonly view: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES";
      }
    | undefined;
  readonly items: number;
  readonly bytes: number;
  readonly manifest?: string | undefined;
}

export interface ImportRecord extends TransferRecord {
  readonly kind: "import";
  readonly compression: "GZIP" | "NONE";
  readonly table: CreateTableRequest;
  readonly processedBytes: number;
  readonly processedItems: number;
  readonly importedItems: number;
  readonly errors: number;
}
