import type { RestoreTier } from "@firn/objects";
import { ServiceError, blob, integer, string } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import { optionalChild, optionalCount, optionalText } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { malformedXml, readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, objectMembers } from "../members.ts";

export const restoreObject: S3Operation = operation({
  name: "RestoreObject",
  http: { method: "POST", path: "/{Bucket}/{Key+}", query: ["restore"] },
  input: {
    ...objectMembers,
    ...bodyCheckMembers,
    VersionId: string({ in: "query", name: "versionId" }),
    RestoreRequest: blob({ in: "payload" }),
  },
  output: { Status: integer({ in: "status" }) },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "MethodNotAllowed",
    "InvalidObjectState",
    "RestoreAlreadyInProgress",
    "MalformedXML",
    "InvalidArgument",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const body = input.RestoreRequest ?? new Uint8Array();
    checkDigests(body, input);
    const restoring = context.objects.restoreObject({
      ...requestOf(input, context),
      key: input.Key,
      versionId: input.VersionId,
      ...readRequest(readDocument(body, "RestoreRequest")),
    });
    const { alreadyRestored } = await restoring;
    return { Status: alreadyRestored ? 200 : 202 };
  },
});

interface Restore {
  readonly days: number;
  readonly tier?: RestoreTier | undefined;
}

const TIERS = ["Standard", "Bulk", "Expedited"] as const;

function readRequest(document: XmlElement): Restore {
  // Queries over archives: closed to new customers by AWS, and never here.
  if (
    ["Type", "SelectParameters", "OutputLocation"].some((name) => optionalChild(document, name))
  ) {
    throw new ServiceError(
      "NotImplemented",
      501,
      "A header you provided implies functionality that is not implemented",
    );
  }
  const days = optionalCount(document, "Days");
  if (days === undefined) throw malformedXml();
  const parameters = optionalChild(document, "GlacierJobParameters");
  const inside = parameters && optionalText(parameters, "Tier", TIERS);
  return { days, tier: inside ?? optionalText(document, "Tier", TIERS) };
}
