import type { Retention } from "@firn/objects";
import { blob, formatTimestamp, parseTimestamp, string } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import { documentBody, requiredText } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Context, S3Operation } from "../context.ts";
import { bypassMembers } from "../lock-headers.ts";
import { malformedXml, readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, objectMembers } from "../members.ts";

const versionMembers: typeof objectMembers & { readonly VersionId: Shape<string, false> } = {
  ...objectMembers,
  VersionId: string({ in: "query", name: "versionId" }),
};

const READ_ERRORS: readonly string[] = [
  "NoSuchBucket",
  "NoSuchKey",
  "NoSuchVersion",
  "MethodNotAllowed",
  "NoSuchObjectLockConfiguration",
  "InvalidRequest",
  "AccessDenied",
];
const WRITE_ERRORS: readonly string[] = [
  ...READ_ERRORS,
  "MalformedXML",
  "InvalidArgument",
  "InvalidDigest",
  "BadDigest",
];

const putObjectRetention: S3Operation = operation({
  name: "PutObjectRetention",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["retention"] },
  input: {
    ...versionMembers,
    ...bodyCheckMembers,
    ...bypassMembers,
    Retention: blob({ in: "payload" }),
  },
  output: {},
  errors: WRITE_ERRORS,
  async handler(input, context) {
    const body = input.Retention ?? new Uint8Array();
    checkDigests(body, input);
    const putting = context.objects.putObjectRetention({
      ...versionOf(input, context),
      retention: readRetention(body),
      bypassGovernanceRetention: input.BypassGovernanceRetention,
    });
    await putting;
    return {};
  },
});

const getObjectRetention: S3Operation = operation({
  name: "GetObjectRetention",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["retention"] },
  input: { ...versionMembers },
  output: {},
  errors: READ_ERRORS,
  async handler(input, context) {
    const reading = context.objects.getObjectRetention(versionOf(input, context));
    const { mode, until } = await reading;
    const RetainUntilDate = formatTimestamp(until, "iso8601");
    return documentBody("Retention", { Mode: mode, RetainUntilDate });
  },
});

const putObjectLegalHold: S3Operation = operation({
  name: "PutObjectLegalHold",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["legal-hold"] },
  input: { ...versionMembers, ...bodyCheckMembers, LegalHold: blob({ in: "payload" }) },
  output: {},
  errors: WRITE_ERRORS,
  async handler(input, context) {
    const body = input.LegalHold ?? new Uint8Array();
    checkDigests(body, input);
    const status = requiredText(readDocument(body, "LegalHold"), "Status", ["ON", "OFF"]);
    const version = versionOf(input, context);
    await context.objects.putObjectLegalHold({ ...version, status });
    return {};
  },
});

const getObjectLegalHold: S3Operation = operation({
  name: "GetObjectLegalHold",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["legal-hold"] },
  input: { ...versionMembers },
  output: {},
  errors: READ_ERRORS,
  async handler(input, context) {
    const reading = context.objects.getObjectLegalHold(versionOf(input, context));
    return documentBody("LegalHold", { Status: await reading });
  },
});

/** The locks of versions. */
export const objectLock: readonly S3Operation[] = [
  putObjectRetention,
  getObjectRetention,
  putObjectLegalHold,
  getObjectLegalHold,
];

interface VersionInput {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

function versionOf(
  input: VersionInput,
  context: S3Context,
): ReturnType<typeof requestOf> & {
  readonly key: string;
  readonly versionId?: string | undefined;
} {
  return { ...requestOf(input, context), key: input.Key, versionId: input.VersionId };
}

/** An empty document ends the retention. */
function readRetention(body: Uint8Array): Retention | undefined {
  const document = readDocument(body, "Retention");
  if (document.children.length === 0) return undefined;
  const mode = requiredText(document, "Mode", ["GOVERNANCE", "COMPLIANCE"]);
  const until = parseTimestamp(requiredText(document, "RetainUntilDate"));
  if (until === undefined) throw malformedXml();
  return { mode, until };
}
