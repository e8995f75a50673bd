import type { ExpirationNotice, RestoreStatus, StorageClass } from "@firn/objects";
import { ServiceError, boolean, formatTimestamp, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** What lifecycles and restores say in headers. */

type Text = Shape<string, false>;

export const expirationMembers: { readonly Expiration: Text } = {
  Expiration: string({ in: "header", name: "x-amz-expiration" }),
};

export const tierMembers: { readonly Restore: Text; readonly StorageClass: Text } = {
  Restore: string({ in: "header", name: "x-amz-restore" }),
  StorageClass: string({ in: "header", name: "x-amz-storage-class" }),
};

export const abortMembers: {
  readonly AbortDate: Shape<number, false>;
  readonly AbortRuleId: Text;
} = {
  AbortDate: timestamp({ in: "header", name: "x-amz-abort-date" }),
  AbortRuleId: string({ in: "header", name: "x-amz-abort-rule-id" }),
};

export function expirationHeader(notice: ExpirationNotice | undefined): string | undefined {
  if (notice === undefined) return undefined;
  const date = formatTimestamp(notice.expiryDate.getTime(), "rfc822");
  return `expiry-date="${date}", rule-id="${encodeURIComponent(notice.ruleId)}"`;
}

export function abortHeaders(notice: ExpirationNotice | undefined): {
  readonly AbortDate: number | undefined;
  readonly AbortRuleId: string | undefined;
} {
  return { AbortDate: notice?.expiryDate.getTime(), AbortRuleId: notice?.ruleId };
}

/** The class is not told of what is in the standard one. */
export function tierHeaders(found: {
  readonly storageClass: StorageClass;
  readonly restore?: RestoreStatus | undefined;
}): { readonly Restore: string | undefined; readonly StorageClass: string | undefined } {
  const { storageClass, restore } = found;
  return {
    Restore: restore && restoreHeader(restore),
    StorageClass: storageClass === "STANDARD" ? undefined : storageClass,
  };
}

function restoreHeader({ isRestoreInProgress, restoreExpiryDate: date }: RestoreStatus): string {
  if (isRestoreInProgress || date === undefined) return 'ongoing-request="true"';
  const text = formatTimestamp(date.getTime(), "rfc822");
  return `ongoing-request="false", expiry-date="${text}"`;
}

/** Asks a listing for more than it tells by itself. */
export const optionalAttributesMembers: { readonly OptionalObjectAttributes: Text } = {
  OptionalObjectAttributes: string({ in: "header", name: "x-amz-optional-object-attributes" }),
};

/** Whether restores are asked for. @throws ServiceError InvalidArgument for anything else. */
export function asksForRestores(header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header.split(",").every((name) => name.trim() === "RestoreStatus")) return true;
  throw new ServiceError("InvalidArgument", 400, "Invalid attribute name specified", {
    members: { ArgumentName: "x-amz-optional-object-attributes", ArgumentValue: header },
  });
}

export const restoreStatusShape: Shape<RestoreStatusMember> = structure({
  IsRestoreInProgress: boolean(),
  RestoreExpiryDate: timestamp(),
});

export interface RestoreStatusMember {
  readonly IsRestoreInProgress?: boolean | undefined;
  readonly RestoreExpiryDate?: number | undefined;
}

/** Of an entry of a listing, when it was asked for. */
export function restoreMember(
  status: RestoreStatus | undefined,
  asked: boolean,
): RestoreStatusMember | undefined {
  if (!asked || status === undefined) return undefined;
  return {
    IsRestoreInProgress: status.isRestoreInProgress,
    RestoreExpiryDate: status.restoreExpiryDate?.getTime(),
  };
}
