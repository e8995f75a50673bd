import type { ObjectsPage } from "@firn/objects";
import type { Caller } from "../frame/context.ts";

/** S3 lists up to this many, whatever more is asked for. */
export const LIST_KEYS_MAX = 1000;

export type NameEncoder = (name: string) => string;

/** With `encoding-type=url` names are percent-encoded, slashes aside: XML cannot carry all. */
export function nameEncoder(encodingType: string | undefined): NameEncoder {
  return encodingType === "url" ? encodeName : (name) => name;
}

function encodeName(name: string): string {
  return encodeURIComponent(name)
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export interface OwnerMember {
  readonly ID: string;
  readonly DisplayName: string;
}

/** The caller as an owner: of its buckets, which are the only ones it sees, and all in them. */
export function ownerOf(caller: Caller): OwnerMember {
  return { ID: caller.canonicalId, DisplayName: caller.displayName };
}

export interface ContentsMember {
  readonly Key: string;
  readonly LastModified: number;
  readonly ETag: string;
  readonly ChecksumAlgorithm: readonly string[];
  readonly ChecksumType: string | undefined;
  readonly Size: number;
  readonly Owner: OwnerMember | undefined;
  readonly StorageClass: string;
}

export function contentsMembers(
  page: ObjectsPage,
  encode: NameEncoder,
  owner: OwnerMember | undefined,
): readonly ContentsMember[] {
  return page.contents.map((object) => ({
    Key: encode(object.key),
    LastModified: object.lastModified.getTime(),
    ETag: object.eTag,
    ChecksumAlgorithm: object.checksumAlgorithm === undefined ? [] : [object.checksumAlgorithm],
    ChecksumType: object.checksumType,
    Size: object.size,
    Owner: owner,
    StorageClass: object.storageClass,
  }));
}

/** The first page of a list. */
export async function firstPage<Page>(list: { pages(): AsyncIterable<Page> }): Promise<Page> {
  for await (const page of list.pages()) return page;
  throw new Error("A list has at least one page.");
}
