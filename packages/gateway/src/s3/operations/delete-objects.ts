import type { DeletedObject, ObjectToDelete } from "@firn/objects";
import { blob, boolean, list, string, structure, unsupported } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { BYPASS_GOVERNANCE, DELETE_KEY } from "../authorization/access-rules.ts";
import { checkBufferedBody } from "../buffered-body.ts";
import { operation } from "../context.ts";
import type { S3Context, S3Operation } from "../context.ts";
import { readDeleteRequest } from "../delete-request.ts";
import { bypassMembers } from "../lock-headers.ts";
import { s3Errors } from "../errors.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";

export const deleteObjects: S3Operation = operation({
  name: "DeleteObjects",
  http: { method: "POST", path: "/{Bucket}", query: ["delete"] },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    ...bypassMembers,
    MFA: unsupported({ in: "header", name: "x-amz-mfa" }),
    /** The document itself: its digest is checked before it is read. */
    Delete: blob({ in: "payload" }),
  },
  output: {
    Deleted: list(
      structure({
        Key: string(),
        VersionId: string(),
        DeleteMarker: boolean(),
        DeleteMarkerVersionId: string(),
      }),
      { flat: true },
    ),
    Error: list(
      structure({ Key: string(), VersionId: string(), Code: string(), Message: string() }),
      { flat: true },
    ),
  },
  outputRoot: "DeleteResult",
  errors: [
    "NoSuchBucket",
    "MalformedXML",
    "InvalidRequest",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
  ],
  async handler(input, context) {
    const body = input.Delete ?? new Uint8Array();
    checkBufferedBody(body, input);
    const { objects, quiet } = readDeleteRequest(body);
    const { allowed, denied } = await sorted(objects, input, context);
    const request = {
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      bypassGovernanceRetention: input.BypassGovernanceRetention,
      signal: context.signal,
    };
    const result =
      allowed.length === 0
        ? { deleted: [], errors: [] }
        : await context.objects.deleteObjects({ ...request, objects: allowed });
    return {
      Deleted: quiet ? [] : result.deleted.map(deletedMember),
      Error: [
        ...result.errors.map(({ key, versionId, code, message }) => ({
          Key: key,
          VersionId: versionId,
          Code: s3Errors[code]?.code ?? "InternalError",
          Message: message,
        })),
        ...denied.map(({ key, versionId }) => ({
          Key: key,
          VersionId: versionId,
          Code: "AccessDenied",
          Message: "Access Denied",
        })),
      ],
    };
  },
});

interface SortedKeys {
  readonly allowed: readonly ObjectToDelete[];
  readonly denied: readonly ObjectToDelete[];
}

/** Each key is asked for: a policy may let the caller delete some of them. */
async function sorted(
  objects: readonly ObjectToDelete[],
  input: { readonly Bucket: string; readonly BypassGovernanceRetention?: boolean | undefined },
  { access }: S3Context,
): Promise<SortedKeys> {
  const { Bucket: bucket, BypassGovernanceRetention: bypass } = input;
  const rules = bypass === true ? [DELETE_KEY, BYPASS_GOVERNANCE] : [DELETE_KEY];
  const allowed: ObjectToDelete[] = [];
  const denied: ObjectToDelete[] = [];
  for (const one of objects) {
    const { key, versionId } = one;
    const may = await Promise.all(
      rules.map((rule) => access.isAllowed({ rule, bucket, key, versionId })),
    );
    (may.every(Boolean) ? allowed : denied).push(one);
  }
  return { allowed, denied };
}

function deletedMember(deleted: DeletedObject): DeletedMember {
  return {
    Key: deleted.key,
    VersionId: deleted.versionId,
    DeleteMarker: deleted.deleteMarker,
    DeleteMarkerVersionId: deleted.deleteMarkerVersionId,
  };
}

interface DeletedMember {
  readonly Key: string;
  readonly VersionId: string | undefined;
  readonly DeleteMarker: boolean | undefined;
  readonly DeleteMarkerVersionId: string | undefined;
}
