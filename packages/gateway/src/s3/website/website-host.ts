import { bucketOfHost } from "../../frame/service-locator.ts";
import type { RawRequest } from "../../frame/context.ts";

/** What is asked of the website of a bucket. */
export interface SiteRequest {
  readonly bucket: string;
  /** Percent-encoded, with the slash in front. */
  readonly path: string;
}

const WEBSITE_HOST = /^(.+)\.s3-website[.-]/;

/**
 * The bucket whose website a host is: `photos.s3-website.localhost:4566`,
 * `photos.s3-website-us-east-1.example.org`, or `photos.` before the domain that the server was
 * told. `undefined`: the API is asked.
 */
export function siteRequest(
  { host, path }: Pick<RawRequest, "host" | "path">,
  domain: string | undefined,
): SiteRequest | undefined {
  const bucket = siteBucket(host, domain);
  if (bucket === undefined) return undefined;
  // For the API the bucket stands in front of the path already.
  const before = bucketOfHost(host);
  return { bucket, path: before === undefined ? path : path.slice(before.length + 1) };
}

function siteBucket(host: string, domain: string | undefined): string | undefined {
  if (domain === undefined && !host.includes(".s3-website")) return undefined;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const own = domain === undefined ? "" : `.${domain.toLowerCase()}`;
  if (own !== "" && name.endsWith(own)) return name.slice(0, -own.length);
  return WEBSITE_HOST.exec(name)?.[1];
}
