import { integer, string } from "@firn/wire";
import type { Shape } from "@firn/wire";

/* Members that several operations on exports and imports have. */

const BUCKET = "^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$";

export const s3Bucket: Shape<string, true> = string({
  required: true,
  max: 255,
  pattern: BUCKET,
});
export const s3Prefix: Shape<string, false> = string({ max: 1024 });
export const s3BucketOwner: Shape<string, false> = string({ pattern: "[0-9]{12}" });
export const clientToken: Shape<string, false> = string({ pattern: "^[^\\$]+$" });
export const transferArn: Shape<string, true> = string({ required: true, min: 37, max: 1024 });
export const tableArnFilter: Shape<string, false> = string({ min: 1, max: 1024 });
export const transfersLimit: Shape<number, false> = integer({ min: 1, max: 25 });

/** Members of a description that a list shows. */
export function only(
  described: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.filter((name) => described[name] !== undefined).map((name) => [name, described[name]]),
  );
}
