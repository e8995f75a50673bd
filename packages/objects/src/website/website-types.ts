import type { BucketRequest } from "../bucket-types.ts";

/** How a bucket is shown as a website: either one host that all is sent to, or pages of its own. */
export interface WebsiteConfiguration {
  /** Every request is answered with this place; then nothing else may be given. */
  readonly redirectAllRequestsTo?: RedirectAll | undefined;
  /** The page of a folder, `index.html`: stands for it behind each key that ends with a slash. */
  readonly indexSuffix?: string | undefined;
  /** The key of the page for errors 400 to 499. */
  readonly errorKey?: string | undefined;
  /** The first that fits is taken. At most 50. */
  readonly routingRules?: readonly RoutingRule[] | undefined;
}

export interface RedirectAll {
  readonly hostName: string;
  /** Default: that of the request. */
  readonly protocol?: "http" | "https" | undefined;
}

export interface RoutingRule {
  /** Default: every request. */
  readonly condition?: RoutingCondition | undefined;
  readonly redirect: RoutingRedirect;
}

/** With both, both must hold. */
export interface RoutingCondition {
  readonly keyPrefixEquals?: string | undefined;
  /** The status that the request ended with: 400 to 599. */
  readonly httpErrorCodeReturnedEquals?: number | undefined;
}

/** What is not given stays as it was in the request. */
export interface RoutingRedirect {
  readonly protocol?: "http" | "https" | undefined;
  readonly hostName?: string | undefined;
  /** In the place of the condition's prefix. Not beside `replaceKeyWith`. */
  readonly replaceKeyPrefixWith?: string | undefined;
  readonly replaceKeyWith?: string | undefined;
  /** 301 to 399, default 301. */
  readonly httpRedirectCode?: number | undefined;
}

export interface PutBucketWebsiteRequest extends BucketRequest {
  readonly website: WebsiteConfiguration;
}
