import type { KeySpaceId, Lsn } from "@firn/core";
import type { Scope, TableRecord } from "../catalog/table-record.ts";

/** A backup as its catalog keeps it. It is independent of its table. */
export interface BackupRecord {
  readonly arn: string;
  readonly name: string;
  readonly scope: Scope;
  /** SYSTEM: made of a table that was deleted while it could be restored to a point in time. */
  readonly type: "USER" | "SYSTEM";
  readonly createdMs: number;
  readonly expiresMs?: number | undefined;
  /** The table as it was. */
  readonly table: TableRecord;
  /** Its items. */
  readonly space: KeySpaceId;
  /** Set while items are being copied: they are read as of that LSN. */
  readonly copying?: { readonly lsn: Lsn } | undefined;
  readonly items: number;
  /** As DynamoDB counts items. */
  readonly bytes: number;
}
