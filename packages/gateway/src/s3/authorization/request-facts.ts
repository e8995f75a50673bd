import type { Tags } from "@firn/objects";
import { parseQuery } from "@firn/wire";
import { callerFacts } from "../../frame/caller-facts.ts";
import type { RequestContext } from "../../frame/context.ts";

/** What is known beside the request itself. */
export interface FurtherFacts {
  readonly existingTags?: Tags | undefined;
  readonly requestTags?: Tags | undefined;
  /** In the place of the query's: a key that is read stands for a listing of it. */
  readonly prefix?: string | undefined;
  readonly versionId?: string | undefined;
  /** Of a form, in the place of the request's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The account that owns the bucket. */
  readonly resourceAccount?: string | undefined;
}

/**
 * The facts that conditions of policies ask about. Headers of S3's own are facts as they are:
 * `x-amz-acl` is `s3:x-amz-acl`.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function requestFacts(
  context: RequestContext,
  further: FurtherFacts,
): ReadonlyMap<string, readonly string[]> {
  const facts = callerFacts(context);
  const note = (key: string, value: string | undefined): void => {
    if (value !== undefined) facts.set(key, [value]);
  };
  const { raw } = context;
  const { headers } = raw;
  note("aws:resourceaccount", further.resourceAccount);
  note("s3:resourceaccount", further.resourceAccount);
  noteQuery(raw.queryString, note);
  for (const [name, value] of Object.entries(further.headers ?? headers)) {
    if (!name.startsWith("x-amz-")) continue;
    note(`s3:${name}`, Array.isArray(value) ? value.join(",") : value);
  }
  note("s3:x-amz-copy-source", copySource(headers["x-amz-copy-source"]));
  note("s3:prefix", further.prefix);
  note("s3:versionid", further.versionId);
  noteTags(facts, further);
  return facts;
}

const QUERY_FACTS: readonly string[] = ["prefix", "delimiter", "max-keys", "versionId"];

function noteQuery(
  queryString: string,
  note: (key: string, value: string | undefined) => void,
): void {
  if (queryString === "") return;
  const query = parseQuery(queryString);
  for (const name of QUERY_FACTS) note(`s3:${name.toLowerCase()}`, query.get(name));
  const presigned = query.has("X-Amz-Signature") || query.has("Signature");
  note("s3:authtype", presigned ? "REST-QUERY-STRING" : "REST-HEADER");
}

/** `bucket/key`, decoded: without the slash that clients may put in front, and the version. */
function copySource(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  const path = header.replace(/^\//, "").replace(/\?versionId=.*$/, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function noteTags(
  facts: Map<string, readonly string[]>,
  { existingTags = {}, requestTags }: FurtherFacts,
): void {
  for (const [name, value] of Object.entries(existingTags)) {
    facts.set(`s3:existingobjecttag/${name.toLowerCase()}`, [value]);
  }
  if (requestTags === undefined) return;
  for (const [name, value] of Object.entries(requestTags)) {
    facts.set(`s3:requestobjecttag/${name.toLowerCase()}`, [value]);
  }
  facts.set("s3:requestobjecttagkeys", Object.keys(requestTags));
}
