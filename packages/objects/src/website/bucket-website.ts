import type { BucketRequest } from "../bucket-types.ts";
import { readConfiguration, writeConfiguration } from "../configurations.ts";
import { KEY_BYTES_MAX, ROUTING_RULES_MAX, WEBSITE_REDIRECT_CHARS_MAX } from "../constants.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import type {
  PutBucketWebsiteRequest,
  RoutingCondition,
  RoutingRedirect,
  WebsiteConfiguration,
} from "./website-types.ts";

/** @throws FIRN_BUCKET_WEBSITE_NOT_FOUND. */
export async function getBucketWebsite(
  engine: Engine,
  request: BucketRequest,
): Promise<WebsiteConfiguration> {
  const found = await readConfiguration<WebsiteConfiguration>(engine, request, "website");
  if (found !== undefined) return found;
  throw objectError(
    "FIRN_BUCKET_WEBSITE_NOT_FOUND",
    "The specified bucket does not have a website configuration",
    { detail: { bucket: request.bucket } },
  );
}

export async function putBucketWebsite(
  engine: Engine,
  request: PutBucketWebsiteRequest,
): Promise<void> {
  const { website } = request;
  checkWebsite(website);
  await writeConfiguration(engine, request, { name: "website", value: website });
}

/** No error when there is none. */
export async function deleteBucketWebsite(engine: Engine, request: BucketRequest): Promise<void> {
  await writeConfiguration(engine, request, { name: "website", value: undefined });
}

/**
 * Where the website sends whoever asks for an object: a key of the same one, or an address.
 * @throws FIRN_OBJECT_REDIRECT_INVALID.
 */
export function checkWebsiteRedirect(location: string | undefined): string | undefined {
  if (location === undefined) return undefined;
  if (location.length > WEBSITE_REDIRECT_CHARS_MAX) {
    throw redirectError("The length of website redirect location cannot exceed 2,048 characters.");
  }
  if (/^(\/|https?:\/\/)/.test(location)) return location;
  throw redirectError(
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
  );
}

function redirectError(message: string): Error {
  return objectError("FIRN_OBJECT_REDIRECT_INVALID", message);
}

function checkWebsite(website: WebsiteConfiguration): void {
  const { redirectAllRequestsTo, indexSuffix, errorKey, routingRules } = website;
  if (redirectAllRequestsTo !== undefined) {
    const others = [indexSuffix, errorKey, routingRules];
    if (others.some((one) => one !== undefined)) {
      const text = "RedirectAllRequestsTo cannot be provided in conjunction with other elements.";
      throw objectError("FIRN_BUCKET_CONFIGURATION_INVALID", text);
    }
    checkHost(redirectAllRequestsTo.hostName);
    return;
  }
  if (indexSuffix === undefined) {
    const text =
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
    throw argumentError("IndexDocument", text);
  }
  if (!isKey(indexSuffix) || indexSuffix.includes("/")) {
    throw argumentError("IndexDocument", "The IndexDocument Suffix is not well formed");
  }
  if (errorKey !== undefined && !isKey(errorKey)) {
    throw argumentError("ErrorDocument", "The ErrorDocument Key is not well formed");
  }
  if (routingRules !== undefined) checkRules(routingRules);
}

function checkRules(rules: NonNullable<WebsiteConfiguration["routingRules"]>): void {
  if (rules.length === 0) throw malformed();
  if (rules.length > ROUTING_RULES_MAX) {
    throw invalid(
      `${rules.length} routing rules provided, the number of routing rules in a website ` +
        `configuration is limited to ${ROUTING_RULES_MAX}.`,
    );
  }
  for (const { condition, redirect } of rules) {
    checkCondition(condition);
    checkRedirect(redirect);
  }
}

function checkCondition(condition: RoutingCondition | undefined): void {
  if (condition === undefined) return;
  const { keyPrefixEquals, httpErrorCodeReturnedEquals: code } = condition;
  if (keyPrefixEquals === undefined && code === undefined) throw malformed();
  if (code === undefined || (code >= 400 && code <= 599)) return;
  throw invalid(`The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`);
}

function checkRedirect(redirect: RoutingRedirect): void {
  const { hostName, httpRedirectCode: code } = redirect;
  if (Object.values(redirect).every((value) => value === undefined)) throw malformed();
  if (redirect.replaceKeyWith !== undefined && redirect.replaceKeyPrefixWith !== undefined) {
    throw invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  }
  if (hostName !== undefined) checkHost(hostName);
  if (code === undefined || (code >= 301 && code <= 399)) return;
  throw invalid(
    `The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`,
  );
}

/** What would end up in a header as it is. */
function checkHost(hostName: string): void {
  if (/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(hostName)) return;
  throw invalid("The HostName of a redirect is not a host name.");
}

function isKey(text: string): boolean {
  return text !== "" && Buffer.byteLength(text) <= KEY_BYTES_MAX;
}

function invalid(message: string): Error {
  return objectError("FIRN_OBJECT_REQUEST_INVALID", message);
}

function malformed(): Error {
  return objectError("FIRN_BUCKET_CONFIGURATION_INVALID", "A rule says nothing");
}

function argumentError(argument: string, message: string): Error {
  return objectError("FIRN_OBJECT_ARGUMENT_INVALID", message, { detail: { argument } });
}
