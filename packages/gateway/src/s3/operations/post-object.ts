import { checkPostPolicy } from "@firn/auth";
import type { ContentLengthRange } from "@firn/auth";
import { ServiceError, blob, integer, stream, string } from "@firn/wire";
import { WRITE_KEY } from "../authorization/access-rules.ts";
import { checksumHeaders, checksumIn } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Context, S3Operation } from "../context.ts";
import { encryptionHeaderMembers, encryptionHeaders, encryptionOf } from "../encryption-headers.ts";
import { bucketMembers, checksumHeaderMembers, versionHeaderMembers } from "../members.ts";
import { objectAttributes, writtenVersion } from "../object-headers.ts";
import { formAnswer } from "../post/form-answer.ts";
import { FormInputReader, formHeaders, formTags } from "../post/form-members.ts";
import { formBoundary, readForm } from "../post/form-reader.ts";
import { heldLength } from "../post/held-length.ts";
import { writtenAccess } from "../written-access.ts";

const formInput = new FormInputReader();

/** An upload by a browser's form. What it may do stands in a policy that somebody has signed. */
export const postObject: S3Operation = operation({
  name: "PostObject",
  http: { method: "POST", path: "/{Bucket}" },
  input: {
    ...bucketMembers,
    ContentType: string({ in: "header", name: "content-type" }),
    Body: stream(),
  },
  output: {
    Status: integer({ in: "status" }),
    Location: string({ in: "header", name: "location" }),
    ETag: string({ in: "header", name: "etag" }),
    ContentType: string({ in: "header", name: "content-type" }),
    ...checksumHeaderMembers,
    ...versionHeaderMembers,
    ...encryptionHeaderMembers,
    Body: blob({ in: "payload" }),
  },
  errors: [
    "NoSuchBucket",
    "PreconditionFailed",
    "MalformedPOSTRequest",
    "MaxPostPreDataLengthExceededError",
    "InvalidPolicyDocument",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "EntityTooLarge",
    "EntityTooSmall",
    "InvalidArgument",
    "InvalidTag",
    "MalformedXML",
    "KeyTooLongError",
    "InvalidDigest",
    "BadDigest",
    "AccessControlListNotSupported",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const { Bucket: bucket } = input;
    const { fields, file } = await readForm(input.Body, formBoundary(input.ContentType));
    const key = requiredKey(fields).replaceAll("${filename}", file.name);
    fields.set("key", key).set("bucket", bucket);
    context.admitForm(fields);
    const range = heldToPolicy(fields, context);
    const tags = formTags(fields);
    const facts = { requestTags: tags, headers: formHeaders(fields) };
    await context.access.require({ rule: WRITE_KEY, bucket, key, facts });
    const asked = formInput.read(fields);
    const made = await context.objects.in({ accountId: context.caller.accountId }).putObject({
      bucket,
      key,
      body: range === undefined ? file.body : heldLength(file.body, range),
      contentMD5: asked.ContentMD5,
      checksum: checksumIn(asked.Checksums),
      ...objectAttributes(asked),
      tags,
      ...(await writtenAccess(bucket, asked, context)),
      ...encryptionOf(asked, context),
      signal: context.signal,
    });
    const location = `http${context.raw.isEncrypted ? "s" : ""}://${context.raw.host}${pathOf(bucket, key)}`;
    const answer = formAnswer(fields, { bucket, key, eTag: made.eTag, location });
    return {
      Status: answer.status,
      Location: answer.location,
      ETag: made.eTag,
      ContentType: answer.body === undefined ? undefined : "application/xml",
      VersionId: writtenVersion(made.versionId),
      ...encryptionHeaders(made),
      Checksums: checksumHeaders(made.checksum, made.checksum?.type),
      Body: answer.body === undefined ? undefined : Buffer.from(answer.body),
    };
  },
});

function requiredKey(fields: ReadonlyMap<string, string>): string {
  const key = fields.get("key");
  if (key !== undefined && key !== "") return key;
  const text =
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order " +
    "of the fields.";
  const members = { ArgumentName: "key", ArgumentValue: "" };
  throw new ServiceError("InvalidArgument", 400, text, { members });
}

/** A stranger's form has no policy: the bucket's own decides alone. */
function heldToPolicy(
  fields: ReadonlyMap<string, string>,
  { nowMs }: S3Context,
): ContentLengthRange | undefined {
  const policy = fields.get("policy");
  return policy === undefined ? undefined : checkPostPolicy(policy, { fields, nowMs });
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}
