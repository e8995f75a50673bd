import { integer, list, long, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** Members that many operations share, each declared once. */
export const accountId: Shape<string, true> = string({ in: "path", required: true });
export const vaultName: Shape<string, true> = string({ in: "path", required: true });
export const uploadId: Shape<string, true> = string({ in: "path", required: true });
export const jobId: Shape<string, true> = string({ in: "path", required: true });
export const limit: Shape<number, false> = integer({ in: "query" });
export const marker: Shape<string, false> = string({ in: "query" });
export const location: Shape<string, false> = string({ in: "header", name: "location" });
export const treeHash: Shape<string, true> = string({
  in: "header",
  name: "x-amz-sha256-tree-hash",
  required: true,
});
export const treeHashOut: Shape<string, false> = string({
  in: "header",
  name: "x-amz-sha256-tree-hash",
});
export const archiveDescription: Shape<string, false> = string({
  in: "header",
  name: "x-amz-archive-description",
});

export interface PolicyPayload {
  readonly Policy?: string | undefined;
}
export const policyPayload: Shape<PolicyPayload, false> = structure(
  { Policy: string() },
  { in: "payload" },
);

export interface NotificationPayload {
  readonly SNSTopic?: string | undefined;
  readonly Events?: readonly string[] | undefined;
}
export const notificationConfig: Shape<NotificationPayload, false> = structure(
  { SNSTopic: string(), Events: list(string()) },
  { in: "payload" },
);

export interface RetrievalPolicyMember {
  readonly Rules?:
    | readonly {
        readonly Strategy?: string | undefined;
        readonly BytesPerHour?: number | undefined;
      }[]
    | undefined;
}
export const retrievalPolicy: Shape<RetrievalPolicyMember, false> = structure({
  Rules: list(structure({ Strategy: string(), BytesPerHour: long() })),
});
