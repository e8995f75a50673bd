import type { GetObjectAttributesResult, ObjectParts } from "@firn/objects";
import {
  ServiceError,
  boolean,
  integer,
  list,
  long,
  string,
  structure,
  timestamp,
} from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { checksumMembers } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import { customerKeyMembers, customerKeyOf } from "../encryption-headers.ts";
import type { S3Operation } from "../context.ts";
import { checksumXmlMembers, objectMembers, versionHeaderMembers } from "../members.ts";
import { readObjectErrors } from "../read-object-members.ts";

const NAMES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;
type AttributeName = (typeof NAMES)[number];

export const getObjectAttributes: S3Operation = operation({
  name: "GetObjectAttributes",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["attributes"] },
  input: {
    ...objectMembers,
    ...customerKeyMembers,
    VersionId: string({ in: "query", name: "versionId" }),
    ObjectAttributes: string({ in: "header", name: "x-amz-object-attributes" }),
    MaxParts: integer({ in: "header", name: "x-amz-max-parts", min: 0 }),
    PartNumberMarker: integer({ in: "header", name: "x-amz-part-number-marker", min: 0 }),
  },
  output: {
    LastModified: timestamp({ in: "header", name: "last-modified" }),
    ...versionHeaderMembers,
    ETag: string(),
    Checksum: structure({ ...checksumXmlMembers, ChecksumType: string() }),
    ObjectParts: structure({
      PartsCount: integer(),
      PartNumberMarker: integer(),
      NextPartNumberMarker: integer(),
      MaxParts: integer(),
      IsTruncated: boolean(),
      Part: list(structure({ PartNumber: integer(), Size: long(), ...checksumXmlMembers }), {
        flat: true,
      }),
    }),
    StorageClass: string(),
    ObjectSize: long(),
  },
  outputRoot: "GetObjectAttributesResponse",
  errors: readObjectErrors,
  async handler(input, context) {
    const asked = readNames(input.ObjectAttributes);
    const request = {
      bucket: input.Bucket,
      key: input.Key,
      versionId: input.VersionId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      maxParts: Math.min(input.MaxParts ?? PARTS_MAX, PARTS_MAX),
      partNumberMarker: input.PartNumberMarker,
      sseCustomerKey: customerKeyOf(input, context),
      signal: context.signal,
    };
    const found = await context.access.readDecided(() =>
      context.objects.getObjectAttributes(request),
    );
    const { checksum, objectParts } = found;
    return {
      LastModified: found.lastModified.getTime(),
      VersionId: found.versionId,
      // The one answer of S3 whose ETag has no quotes.
      ETag: asked.has("ETag") ? found.eTag.slice(1, -1) : undefined,
      Checksum:
        asked.has("Checksum") && checksum !== undefined
          ? { ...checksumMembers(checksum), ChecksumType: checksum.type }
          : undefined,
      ObjectParts:
        asked.has("ObjectParts") && objectParts !== undefined
          ? partsMember(objectParts, found)
          : undefined,
      StorageClass: asked.has("StorageClass") ? found.storageClass : undefined,
      ObjectSize: asked.has("ObjectSize") ? found.size : undefined,
    };
  },
});

const PARTS_MAX = 1000;

function readNames(header: string | undefined): ReadonlySet<AttributeName> {
  const names = (header ?? "").split(",").map((name) => name.trim());
  const known = names.flatMap((name) => NAMES.filter((one) => one === name));
  if (known.length === names.length) return new Set(known);
  throw new ServiceError("InvalidArgument", 400, "Invalid attribute name specified.", {
    members: { ArgumentName: "x-amz-object-attributes", ArgumentValue: header },
  });
}

interface PartsMember {
  readonly PartsCount: number;
  readonly PartNumberMarker: number;
  readonly NextPartNumberMarker: number;
  readonly MaxParts: number;
  readonly IsTruncated: boolean;
  readonly Part: readonly Readonly<Record<string, string | number | undefined>>[];
}

function partsMember(
  { parts, ...page }: ObjectParts,
  { checksum }: GetObjectAttributesResult,
): PartsMember {
  return {
    PartsCount: page.totalPartsCount,
    PartNumberMarker: page.partNumberMarker,
    NextPartNumberMarker: page.nextPartNumberMarker,
    MaxParts: page.maxParts,
    IsTruncated: page.isTruncated,
    Part: parts.map(({ partNumber, size, checksum: value }) => ({
      PartNumber: partNumber,
      Size: size,
      ...checksumMembers(
        checksum === undefined || value === undefined
          ? undefined
          : { algorithm: checksum.algorithm, value },
      ),
    })),
  };
}
