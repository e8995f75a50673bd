/** Members that several operations of the direct APIs have. */
import { blob, integer, list, long, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { validationError } from "./errors.ts";
import { PAGE_BLOCKS_MAX, PAGE_BLOCKS_MIN } from "./constants.ts";

const SNAPSHOT_ID = { min: 1, max: 64, pattern: "snap-[0-9a-f]+" } as const;
const TOKEN = { max: 256, pattern: "[A-Za-z0-9+/=]+" } as const;

export const snapshotIdInPath: Shape<string, true> = string({
  ...SNAPSHOT_ID,
  required: true,
  in: "path",
  name: "snapshotId",
});

export const secondSnapshotIdInPath: Shape<string, true> = string({
  ...SNAPSHOT_ID,
  required: true,
  in: "path",
  name: "secondSnapshotId",
});

export const firstSnapshotIdInQuery: Shape<string, false> = string({
  ...SNAPSHOT_ID,
  in: "query",
  name: "firstSnapshotId",
});

export const snapshotId: Shape<string, false> = string(SNAPSHOT_ID);

export const blockIndexInPath: Shape<number, true> = integer({
  min: 0,
  required: true,
  in: "path",
  name: "blockIndex",
});

export const blockToken: Shape<string, true> = string({
  ...TOKEN,
  required: true,
  in: "query",
  name: "blockToken",
});

export const blockDataIn: Shape<Uint8Array, true> = blob({ required: true, in: "payload" });

/** Where a list begins: a page token wins over an index. */
export const pageIn: {
  readonly NextToken: Shape<string, false>;
  readonly MaxResults: Shape<number, false>;
  readonly StartingBlockIndex: Shape<number, false>;
} = {
  NextToken: string({ ...TOKEN, in: "query", name: "pageToken" }),
  MaxResults: integer({
    min: PAGE_BLOCKS_MIN,
    max: PAGE_BLOCKS_MAX,
    in: "query",
    name: "maxResults",
  }),
  StartingBlockIndex: integer({ min: 0, in: "query", name: "startingBlockIndex" }),
};

export const dataLength: Shape<number, false> = integer({
  in: "header",
  name: "x-amz-data-length",
});

const CHECKSUM = {
  max: 64,
  pattern: "[A-Za-z0-9+/=]+",
  in: "header",
  name: "x-amz-checksum",
} as const;
const ALGORITHM = { values: ["SHA256"], in: "header", name: "x-amz-checksum-algorithm" } as const;

export const checksum: Shape<string, false> = string(CHECKSUM);
export const requiredChecksum: Shape<string, true> = string({ ...CHECKSUM, required: true });
export const checksumAlgorithm: Shape<"SHA256", false> = string(ALGORITHM);
export const requiredChecksumAlgorithm: Shape<"SHA256", true> = string({
  ...ALGORITHM,
  required: true,
});

export interface WireTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export const tags: Shape<readonly WireTag[], false> = list(
  structure({ Key: string({ min: 1, max: 127 }), Value: string({ max: 255 }) }),
);

export const volumeSize: Shape<number, true> = long({ min: 1, required: true });

/** The 32 bytes of a base64 SHA-256. @throws ValidationException. */
export function sha256From(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 32 && bytes.toString("base64") === text) return bytes;
  throw validationError("INVALID_PARAMETER_VALUE", "The checksum is not a base64 SHA-256.");
}
