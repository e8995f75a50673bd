import { string } from "@firn/wire";
import type { Shape } from "@firn/wire";

type Text = Shape<string, false>;

/** How a request says in headers who else may do what. */
export const objectAclMembers: {
  readonly ACL: Text;
  readonly GrantFullControl: Text;
  readonly GrantRead: Text;
  readonly GrantReadACP: Text;
  readonly GrantWriteACP: Text;
} = {
  ACL: string({ in: "header", name: "x-amz-acl" }),
  GrantFullControl: string({ in: "header", name: "x-amz-grant-full-control" }),
  GrantRead: string({ in: "header", name: "x-amz-grant-read" }),
  GrantReadACP: string({ in: "header", name: "x-amz-grant-read-acp" }),
  GrantWriteACP: string({ in: "header", name: "x-amz-grant-write-acp" }),
};

/** Only lists of buckets can let others write; those of objects carry it for nothing. */
export const aclMembers: typeof objectAclMembers & { readonly GrantWrite: Text } = {
  ...objectAclMembers,
  GrantWrite: string({ in: "header", name: "x-amz-grant-write" }),
};
