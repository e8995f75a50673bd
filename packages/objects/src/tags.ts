import { objectError } from "./errors.ts";

/** Names and values; names are unique. */
export type Tags = Readonly<Record<string, string>>;

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * The tags by name in order, or `undefined` for none.
 *
 * @throws FIRN_TAG_INVALID
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
export function checkTags(tags: Tags | undefined, limits: TagLimits): Tags | undefined {
  if (tags === undefined) return undefined;
  const pairs = Object.entries(tags);
  if (pairs.length === 0) return undefined;
  if (pairs.length > limits.countMax) {
    throw invalid(`${limits.of} tags cannot be greater than ${limits.countMax}`);
  }
  for (const [name, value] of pairs) {
    if (name.length === 0 || name.length > TAG_NAME_LENGTH_MAX || !CHARACTERS.test(name)) {
      throw invalid("The TagKey you have provided is invalid", { tagKey: name });
    }
    if (value.length > TAG_VALUE_LENGTH_MAX || !CHARACTERS.test(value)) {
      throw invalid("The TagValue you have provided is invalid", { tagKey: name });
    }
    if (name.startsWith("aws:")) {
      throw invalid("System tags cannot be added/updated by requester", { tagKey: name });
    }
  }
  return Object.fromEntries(pairs.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

export interface TagLimits {
  readonly of: "Object" | "Bucket";
  readonly countMax: number;
}

/** S3's limits, in tags of one thing and in UTF-16 units of a name and a value. */
export const OBJECT_TAGS: TagLimits = { of: "Object", countMax: 10 };
export const BUCKET_TAGS: TagLimits = { of: "Bucket", countMax: 50 };
const TAG_NAME_LENGTH_MAX = 128;
const TAG_VALUE_LENGTH_MAX = 256;

function invalid(message: string, detail: { readonly tagKey?: string } = {}): Error {
  return objectError("FIRN_TAG_INVALID", message, { detail: { ...detail } });
}
