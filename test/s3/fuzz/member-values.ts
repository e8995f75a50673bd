import type { Chance } from "./chance.ts";

/** What the server has named so far, for requests that make sense. */
export interface Known {
  /** Open ones, as `<path> <id>`. */
  readonly uploads: string[];
  readonly versionIds: string[];
  readonly etags: string[];
  /** Of open uploads, as `<path> <id> <part number> <ETag>`. */
  readonly parts: string[];
  /** The canonical id of the buckets' owner. */
  readonly owners: string[];
}

const ODD: readonly string[] = [
  "",
  "x",
  "*",
  "0",
  "-1",
  "1",
  "1000",
  "2147483648",
  "99999999999999999999",
  "1.5",
  "true",
  "null",
  "a/b",
  "../..",
  "%00",
  "%zz",
  "%F0%9F%98%80",
  "\u00e9\u00ff",
  "a=b&c=d",
  "a=b&a=c",
  '"',
  "'; drop",
  "=?UTF-8?B?w6k=?=",
  "y".repeat(3000),
];

const DATES: readonly string[] = [
  "Wed, 21 Oct 2026 07:28:00 GMT",
  "2026-10-21T07:28:00Z",
  "2099-01-01T00:00:00.000Z",
  "0",
  "-1",
  "Tue, 31 Feb 2026 99:99:99 GMT",
];

const RANGES: readonly string[] = [
  "bytes=0-0",
  "bytes=1-",
  "bytes=-1",
  "bytes=5-1",
  "bytes=0-0,2-3",
  "bytes=99999999999999999999-",
  "bits=0-1",
];

const SSE_KEY: string = Buffer.alloc(32, 7).toString("base64");

/** Plausible values of members, by what their names contain; the first that fits counts. */
const PLAUSIBLE: readonly (readonly [RegExp, readonly string[]])[] = [
  [/customeralgorithm/i, ["AES256", "AES128"]],
  [/customerkeymd5/i, ["AAAAAAAAAAAAAAAAAAAAAA==", "x"]],
  [/customerkey/i, [SSE_KEY, "AAAA", "x"]],
  [/encryptioncontext/i, ["e30=", "eyJhIjoiYiJ9", "x"]],
  [/kmskeyid/i, ["alias/aws/s3", "arn:aws:kms:us-east-1:000000000000:key/x", "x"]],
  [/encryption/i, ["AES256", "aws:kms", "aws:kms:dsse", "none"]],
  [/copysourcerange/i, RANGES],
  [/copysourceif(un)?modified/i, DATES],
  [/^copysource$/i, ["/plain/k", "versioned/k", "plain%2Fk", "plain", "/", "plain/k?versionId=x"]],
  [/renamesource/i, ["/plain/k", "k", "/versioned/a%2Fb"]],
  [/range$/i, RANGES],
  [/partnumber/i, ["1", "2", "0", "10000", "10001", "-1", "x"]],
  [/(date|time|since|expires|initiated)/i, DATES],
  [/maxkeys|maxparts|maxuploads|maxbuckets/i, ["0", "1", "2", "1000", "-1", "x", "5000000000"]],
  [/encodingtype/i, ["url", "x"]],
  [/delimiter/i, ["/", "", "b", "//", "😀"]],
  [/(prefix|marker|startafter|token)$/i, ["", "a", "a/", "k", "x", "AAAA", "é"]],
  [/storageclass/i, ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "OUTPOSTS", "x"]],
  [/tagging/i, ["a=b", "a=b&c=d", "a", "=", "a=b&a=b", "aws:x=1", "%"]],
  [/acl$/i, ["private", "public-read", "bucket-owner-full-control", "x"]],
  [/grant/i, ['id="x"', 'uri="http://acs.amazonaws.com/groups/global/AllUsers"', "id=", "="]],
  [/lockmode/i, ["GOVERNANCE", "COMPLIANCE", "x"]],
  [/legalhold/i, ["ON", "OFF", "x"]],
  [/(bypass|enabled|fetchowner)/i, ["true", "false", "x"]],
  [/directive/i, ["COPY", "REPLACE", "x"]],
  [/checksumalgorithm/i, ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "MD5"]],
  [/checksumtype/i, ["COMPOSITE", "FULL_OBJECT", "x"]],
  [/checksummode/i, ["ENABLED", "x"]],
  [/(offset|size)/i, ["0", "1", "5", "-1", "5368709121", "x"]],
  [/owner$/i, [...Array<string>(8).fill("000000000000"), "111111111111", "x"]],
  [/objectattributes/i, ["ETag", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize", "x", ","]],
  [/^id$/i, ["inv", "inv", "x"]],
  [/ownership/i, ["ObjectWriter", "BucketOwnerEnforced", "x"]],
];

/** A value of the member, that a client would send or never would. */
export function memberValue(
  name: string,
  {
    chance,
    known,
    values,
  }: {
    readonly chance: Chance;
    readonly known: Known;
    readonly values?: readonly string[] | undefined;
  },
): string {
  if (chance.oneIn(12)) return chance.pick(ODD);
  if (values !== undefined && values.length > 0) return chance.pick(values);
  if (/uploadid/i.test(name)) return chance.pick([...known.uploads, "/ x"]).split(" ")[1] ?? "";
  if (/versionid/i.test(name)) return chance.pick([...known.versionIds, "null", "x"]);
  if (/match|etag/i.test(name)) return chance.pick([...known.etags, "*", '"x"', 'W/"x", "y"']);
  const plausible = PLAUSIBLE.find(([pattern]) => pattern.test(name));
  return chance.pick(plausible?.[1] ?? ODD);
}
