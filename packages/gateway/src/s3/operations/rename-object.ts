import { ServiceError, string, timestamp } from "@firn/wire";
import { DELETE_KEY, READ_SOURCE } from "../authorization/access-rules.ts";
import { requestOf } from "../configuration-operations.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { conditionMembers, objectMembers } from "../members.ts";
import { readConditions } from "../read-request.ts";

const PREFIX = "x-amz-rename-source";

export const renameObject: S3Operation = operation({
  name: "RenameObject",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["renameObject"] },
  input: {
    ...objectMembers,
    ...conditionMembers,
    RenameSource: string({ in: "header", name: PREFIX, required: true }),
    IfModifiedSince: timestamp({ in: "header", name: "if-modified-since" }),
    IfUnmodifiedSince: timestamp({ in: "header", name: "if-unmodified-since" }),
    SourceIfMatch: string({ in: "header", name: `${PREFIX}-if-match` }),
    SourceIfNoneMatch: string({ in: "header", name: `${PREFIX}-if-none-match` }),
    SourceIfModifiedSince: timestamp({ in: "header", name: `${PREFIX}-if-modified-since` }),
    SourceIfUnmodifiedSince: timestamp({ in: "header", name: `${PREFIX}-if-unmodified-since` }),
    ClientToken: string({ in: "header", name: "x-amz-client-token", max: 64 }),
  },
  output: {},
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "KeyTooLongError",
    "InvalidRequest",
    "InvalidArgument",
    "PreconditionFailed",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const from = sourceKey(input.RenameSource, input.Bucket);
    const named = { bucket: input.Bucket, key: from };
    await context.access.require({ rule: READ_SOURCE, ...named });
    await context.access.require({ rule: DELETE_KEY, ...named });
    await context.objects.renameObject({
      ...requestOf(input, context),
      key: input.Key,
      sourceKey: from,
      clientToken: input.ClientToken,
      ...readConditions(input),
      source: readConditions({
        IfMatch: input.SourceIfMatch,
        IfNoneMatch: input.SourceIfNoneMatch,
        IfModifiedSince: input.SourceIfModifiedSince,
        IfUnmodifiedSince: input.SourceIfUnmodifiedSince,
      }),
    });
    return {};
  },
});

/** A key of the same bucket, percent-encoded; some clients write `/bucket/key`. */
function sourceKey(header: string, bucket: string): string {
  const own = `/${bucket}/`;
  try {
    return decodeURIComponent(header.startsWith(own) ? header.slice(own.length) : header);
  } catch {
    throw new ServiceError("InvalidArgument", 400, "The rename source is not percent-encoded", {
      members: { ArgumentName: PREFIX, ArgumentValue: header },
    });
  }
}
