import type { Tags } from "@firn/objects";
import { ServiceError, list, string, structure } from "@firn/wire";
import type { Shape, XmlElement } from "@firn/wire";
import { childText, malformedXml, readDocument } from "./malformed-xml.ts";

interface TagMember {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `<TagSet>` as answers have it. */
export const tagSetMembers: { readonly TagSet: Shape<readonly TagMember[]> } = {
  TagSet: list(structure({ Key: string(), Value: string() }), { item: "Tag" }),
};

export function tagSet(tags: Tags): readonly TagMember[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The tags of a `<Tagging>` document. @throws ServiceError MalformedXML, InvalidTag. */
export function readTagging(body: Uint8Array): Tags {
  const root = readDocument(body, "Tagging");
  const [set, ...others] = root.children.filter(({ name }) => name === "TagSet");
  if (set === undefined || others.length > 0) throw malformedXml();
  return uniqueTags(
    set.children.map(readTag),
    () => new ServiceError("InvalidTag", 400, "Cannot provide multiple Tags with the same key"),
  );
}

/** The tags of an `x-amz-tagging` header: a query. @throws ServiceError InvalidArgument. */
export function taggingHeader(header: string | undefined): Tags | undefined {
  if (header === undefined || header === "") return undefined;
  const pairs = header.split("&").map((part): [string, string] => {
    const equals = part.indexOf("=");
    if (equals < 0) return [decode(part, header), ""];
    return [decode(part.slice(0, equals), header), decode(part.slice(equals + 1), header)];
  });
  return uniqueTags(pairs, () => headerInvalid(header));
}

function readTag(element: XmlElement): [string, string] {
  const name = childText(element, "Key");
  const value = childText(element, "Value");
  if (element.name !== "Tag" || name === undefined || value === undefined) throw malformedXml();
  return [name, value];
}

function uniqueTags(
  pairs: readonly (readonly [string, string])[],
  twice: () => ServiceError,
): Tags {
  const tags = new Map(pairs);
  if (tags.size < pairs.length) throw twice();
  return Object.fromEntries(tags);
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw headerInvalid(header);
  }
}

function headerInvalid(header: string): ServiceError {
  return new ServiceError(
    "InvalidArgument",
    400,
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters " +
      "without tag name duplicates.",
    { members: { ArgumentName: "x-amz-tagging", ArgumentValue: header } },
  );
}
