import type { ListedVersion } from "@firn/objects";
import { boolean, integer, list, long, string, structure, timestamp } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  asksForRestores,
  optionalAttributesMembers,
  restoreMember,
  restoreStatusShape,
} from "../lifecycle-headers.ts";
import type { RestoreStatusMember } from "../lifecycle-headers.ts";
import { LIST_KEYS_MAX, firstPage, nameEncoder, ownerOf } from "../listing.ts";
import type { NameEncoder, OwnerMember } from "../listing.ts";
import { pastOf } from "../past-reads.ts";
import { bucketMembers, commonPrefixShape, ownerShape, queryCount } from "../members.ts";

const versionMembers = {
  Key: string(),
  VersionId: string(),
  IsLatest: boolean(),
  LastModified: timestamp(),
  Owner: ownerShape,
} as const;

export const listObjectVersions: S3Operation = operation({
  name: "ListObjectVersions",
  http: { method: "GET", path: "/{Bucket}", query: ["versions"] },
  input: {
    ...bucketMembers,
    ...optionalAttributesMembers,
    Delimiter: string({ in: "query", name: "delimiter" }),
    EncodingType: string({ in: "query", name: "encoding-type", values: ["url"] }),
    KeyMarker: string({ in: "query", name: "key-marker" }),
    MaxKeys: queryCount("max-keys"),
    Prefix: string({ in: "query", name: "prefix" }),
    VersionIdMarker: string({ in: "query", name: "version-id-marker" }),
  },
  output: {
    Name: string(),
    Prefix: string(),
    KeyMarker: string(),
    VersionIdMarker: string(),
    NextKeyMarker: string(),
    NextVersionIdMarker: string(),
    MaxKeys: integer(),
    Delimiter: string(),
    IsTruncated: boolean(),
    EncodingType: string(),
    Version: list(
      structure({
        ETag: string(),
        ChecksumAlgorithm: list(string(), { flat: true }),
        ChecksumType: string(),
        Size: long(),
        StorageClass: string(),
        RestoreStatus: restoreStatusShape,
        ...versionMembers,
      }),
      { flat: true },
    ),
    DeleteMarker: list(structure({ ...versionMembers }), { flat: true }),
    CommonPrefixes: list(commonPrefixShape, { flat: true }),
  },
  outputRoot: "ListVersionsResult",
  errors: ["NoSuchBucket", "InvalidArgument", "AccessDenied"],
  async handler(input, context) {
    const encode = nameEncoder(input.EncodingType);
    const delimiter = input.Delimiter === "" ? undefined : input.Delimiter;
    const maxKeys = Math.min(input.MaxKeys ?? LIST_KEYS_MAX, LIST_KEYS_MAX);
    const from = (await pastOf(input.Bucket, context)) ?? context.objects;
    const page = await firstPage(
      from.listObjectVersions({
        bucket: input.Bucket,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        prefix: input.Prefix,
        delimiter,
        maxKeys,
        // Clients send empty markers for the first page.
        keyMarker: input.KeyMarker === "" ? undefined : input.KeyMarker,
        versionIdMarker: input.VersionIdMarker === "" ? undefined : input.VersionIdMarker,
        signal: context.signal,
      }),
    );
    const restores = asksForRestores(input.OptionalObjectAttributes);
    const owner = (one: ListedVersion): OwnerMember => {
      return ownerOf(context.accounts, one.deleteMarker ? page.owner : one.owner);
    };
    return {
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ""),
      KeyMarker: encode(input.KeyMarker ?? ""),
      VersionIdMarker: input.VersionIdMarker ?? "",
      NextKeyMarker: page.nextKeyMarker === undefined ? undefined : encode(page.nextKeyMarker),
      NextVersionIdMarker: page.nextVersionIdMarker,
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      IsTruncated: page.isTruncated,
      EncodingType: input.EncodingType,
      Version: page.versions.flatMap((one) => versionMember(one, { encode, owner, restores })),
      DeleteMarker: page.versions
        .filter((one) => one.deleteMarker)
        .map((one) => sharedMembers(one, encode, owner)),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encode(name) })),
    };
  },
});

type OwnerNamer = (version: ListedVersion) => OwnerMember;

interface SharedMembers {
  readonly Key: string;
  readonly VersionId: string;
  readonly IsLatest: boolean;
  readonly LastModified: number;
  readonly Owner: OwnerMember;
}

interface VersionMember extends SharedMembers {
  readonly ETag: string;
  readonly ChecksumAlgorithm: readonly string[];
  readonly ChecksumType: string | undefined;
  readonly Size: number;
  readonly StorageClass: string;
  readonly RestoreStatus: RestoreStatusMember | undefined;
}

interface Telling {
  readonly encode: NameEncoder;
  readonly owner: OwnerNamer;
  readonly restores: boolean;
}

function versionMember(
  version: ListedVersion,
  { encode, owner, restores }: Telling,
): VersionMember[] {
  if (version.deleteMarker) return [];
  const { checksumAlgorithm: algorithm } = version;
  const member = {
    ...sharedMembers(version, encode, owner),
    ETag: version.eTag,
    ChecksumAlgorithm: algorithm === undefined ? [] : [algorithm],
    ChecksumType: version.checksumType,
    Size: version.size,
    StorageClass: version.storageClass,
    RestoreStatus: restoreMember(version.restore, restores),
  };
  return [member];
}

function sharedMembers(
  version: ListedVersion,
  encode: NameEncoder,
  owner: OwnerNamer,
): SharedMembers {
  return {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: version.isLatest,
    LastModified: version.lastModified.getTime(),
    Owner: owner(version),
  };
}
