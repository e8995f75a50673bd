import type { LockRequest, LockResult } from "@firn/objects";
import { boolean, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** How locks of versions travel in headers. */

interface LockMembers {
  readonly ObjectLockMode: Shape<"GOVERNANCE" | "COMPLIANCE", false>;
  readonly ObjectLockRetainUntilDate: Shape<number, false>;
  readonly ObjectLockLegalHoldStatus: Shape<"ON" | "OFF", false>;
}

/** Of writes and of what reads answer. */
export const lockMembers: LockMembers = {
  ObjectLockMode: string({
    in: "header",
    name: "x-amz-object-lock-mode",
    values: ["GOVERNANCE", "COMPLIANCE"],
  }),
  ObjectLockRetainUntilDate: timestamp({
    in: "header",
    name: "x-amz-object-lock-retain-until-date",
    format: "iso8601",
  }),
  ObjectLockLegalHoldStatus: string({
    in: "header",
    name: "x-amz-object-lock-legal-hold",
    values: ["ON", "OFF"],
  }),
};

export const bypassMembers: { readonly BypassGovernanceRetention: Shape<boolean, false> } = {
  BypassGovernanceRetention: boolean({
    in: "header",
    name: "x-amz-bypass-governance-retention",
  }),
};

interface LockInput {
  readonly ObjectLockMode?: "GOVERNANCE" | "COMPLIANCE" | undefined;
  readonly ObjectLockRetainUntilDate?: number | undefined;
  readonly ObjectLockLegalHoldStatus?: "ON" | "OFF" | undefined;
}

export function lockOf(input: LockInput): LockRequest {
  const until = input.ObjectLockRetainUntilDate;
  return {
    objectLockMode: input.ObjectLockMode,
    objectLockRetainUntilDate: until === undefined ? undefined : new Date(until),
    objectLockLegalHoldStatus: input.ObjectLockLegalHoldStatus,
  };
}

export function lockHeaders(found: LockResult): {
  readonly ObjectLockMode: "GOVERNANCE" | "COMPLIANCE" | undefined;
  readonly ObjectLockRetainUntilDate: number | undefined;
  readonly ObjectLockLegalHoldStatus: "ON" | "OFF" | undefined;
} {
  return {
    ObjectLockMode: found.objectLockMode,
    ObjectLockRetainUntilDate: found.objectLockRetainUntilDate?.getTime(),
    ObjectLockLegalHoldStatus: found.objectLockLegalHoldStatus,
  };
}
