import { ServiceError, blob } from "@firn/wire";
import { notImplemented, requiredOwner } from "../access.ts";
import { checkDigests } from "../buffered-body.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { childText, malformedXml, readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";

export const putBucketVersioning: S3Operation = operation({
  name: "PutBucketVersioning",
  http: { method: "PUT", path: "/{Bucket}", query: ["versioning"] },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    VersioningConfiguration: blob({ in: "payload" }),
  },
  output: {},
  errors: [
    "NoSuchBucket",
    "MalformedXML",
    "IllegalVersioningConfigurationException",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const body = input.VersioningConfiguration ?? new Uint8Array();
    checkDigests(body, input);
    await context.objects.putBucketVersioning({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      status: readStatus(body),
      signal: context.signal,
    });
    return {};
  },
});

function readStatus(body: Uint8Array): "Enabled" | "Suspended" {
  const root = readDocument(body, "VersioningConfiguration");
  const status = childText(root, "Status");
  const mfaDelete = childText(root, "MfaDelete");
  if (mfaDelete === "Enabled") throw notImplemented("x-amz-mfa");
  if (mfaDelete !== undefined && mfaDelete !== "Disabled") throw malformedXml();
  if (status === "Enabled" || status === "Suspended") return status;
  if (status !== undefined) throw malformedXml();
  throw new ServiceError(
    "IllegalVersioningConfigurationException",
    400,
    "The Versioning element must be specified",
  );
}
