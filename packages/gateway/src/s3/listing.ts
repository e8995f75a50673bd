import type { ObjectsPage } from "@firn/objects";
import { accountOf } from "./account-directory.ts";
import type { AccountDirectory } from "./account-directory.ts";
import { asksForRestores, restoreMember } from "./lifecycle-headers.ts";
import type { RestoreStatusMember } from "./lifecycle-headers.ts";

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

/** An account as owners are shown. */
export function ownerOf(accounts: AccountDirectory, accountId: string): OwnerMember {
  const { canonicalId, displayName } = accountOf(accounts, accountId);
  return { ID: canonicalId, DisplayName: displayName };
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
  readonly RestoreStatus: RestoreStatusMember | undefined;
}

/** What of each entry is told, and how. */
export interface Telling {
  readonly encode: NameEncoder;
  /** Where owners are looked up, if they are told. */
  readonly accounts: AccountDirectory | undefined;
  /** `x-amz-optional-object-attributes`. */
  readonly attributes: string | undefined;
}

export function contentsMembers(
  page: ObjectsPage,
  { encode, accounts, attributes }: Telling,
): readonly ContentsMember[] {
  const restores = asksForRestores(attributes);
  return page.contents.map((object) => ({
    Key: encode(object.key),
    LastModified: object.lastModified.getTime(),
    ETag: object.eTag,
    ChecksumAlgorithm: object.checksumAlgorithm === undefined ? [] : [object.checksumAlgorithm],
    ChecksumType: object.checksumType,
    Size: object.size,
    Owner: accounts && ownerOf(accounts, object.owner),
    StorageClass: object.storageClass,
    RestoreStatus: restoreMember(object.restore, restores),
  }));
}

/** The first page of a list. */
export async function firstPage<Page>(list: { pages(): AsyncIterable<Page> }): Promise<Page> {
  for await (const page of list.pages()) return page;
  throw new Error("A list has at least one page.");
}
