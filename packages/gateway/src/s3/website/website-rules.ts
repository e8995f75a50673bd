import type { RoutingRule, WebsiteConfiguration } from "@firn/objects";

/** What was asked of a website, as redirects see it. */
export interface AskedPage {
  /** Decoded, without the slash in front. */
  readonly key: string;
  /** The Host header, with the port. */
  readonly host: string;
  readonly protocol: "http" | "https";
}

export interface Redirection {
  readonly status: number;
  readonly location: string;
}

/** Where every request goes, of a website that is another one's name. */
export function redirectAll(
  { redirectAllRequestsTo: all }: WebsiteConfiguration,
  asked: AskedPage,
): Redirection | undefined {
  if (all === undefined) return undefined;
  const { hostName: host, protocol = asked.protocol } = all;
  return { status: 301, location: placeOf({ key: asked.key, host, protocol }) };
}

/**
 * The first rule that fits sends the request elsewhere: before the object is looked for those that
 * name no status, afterwards those that name the status that it ended with.
 */
export function redirectByRule(
  { routingRules = [] }: WebsiteConfiguration,
  asked: AskedPage,
  status?: number,
): Redirection | undefined {
  const rule = routingRules.find(({ condition = {} }) => {
    const { keyPrefixEquals = "", httpErrorCodeReturnedEquals } = condition;
    return httpErrorCodeReturnedEquals === status && asked.key.startsWith(keyPrefixEquals);
  });
  return rule && follow(rule, asked);
}

/** The folder that was meant, where its page is there and the key is not. */
export function redirectToFolder(asked: AskedPage): Redirection {
  return { status: 302, location: `/${encodedPlace(`${asked.key}/`)}` };
}

function follow({ condition, redirect }: RoutingRule, asked: AskedPage): Redirection {
  const { hostName: host = asked.host, protocol = asked.protocol } = redirect;
  const { httpRedirectCode: status = 301, replaceKeyWith, replaceKeyPrefixWith } = redirect;
  const prefix = condition?.keyPrefixEquals ?? "";
  const key =
    replaceKeyPrefixWith === undefined
      ? (replaceKeyWith ?? asked.key)
      : replaceKeyPrefixWith + asked.key.slice(prefix.length);
  return { status, location: placeOf({ key, host, protocol }) };
}

function placeOf({ protocol, host, key }: AskedPage): string {
  return `${protocol}://${host}/${encodedPlace(key)}`;
}

/** Slashes stay, and so does what a rule has written there on purpose: `?` and `#`. */
export function encodedPlace(text: string): string {
  // Half a surrogate pair, which only a program's own call can store, is no text to encode.
  return encodeURI(Buffer.from(text).toString());
}
