/**
 * How a service speaks. `json-1.0`, `json-1.1`: routed by X-Amz-Target; `ec2-query`: by Action;
 * `rest-json`, `rest-xml`: by method, path and query.
 */
export type Protocol = "json-1.0" | "json-1.1" | "ec2-query" | "rest-json" | "rest-xml";

const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  "json-1.0": "application/x-amz-json-1.0",
  "json-1.1": "application/x-amz-json-1.1",
  "ec2-query": "text/xml;charset=UTF-8",
  "rest-json": "application/json",
  "rest-xml": "application/xml",
};

/** The content type of a protocol's documents, errors included. */
export function contentTypeOf(protocol: Protocol): string {
  return CONTENT_TYPES[protocol];
}
