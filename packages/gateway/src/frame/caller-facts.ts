import type { RequestContext } from "./context.ts";

/** What conditions of policies may ask about who calls and how, whatever the service. */
export function callerFacts(context: RequestContext): Map<string, readonly string[]> {
  const { caller, raw, region, nowMs } = context;
  const facts = new Map<string, readonly string[]>([
    ["aws:sourceip", [raw.remoteAddress]],
    ["aws:securetransport", [String(raw.isEncrypted)]],
    ["aws:currenttime", [new Date(nowMs).toISOString()]],
    ["aws:epochtime", [String(Math.floor(nowMs / 1000))]],
    ["aws:requestedregion", [region]],
  ]);
  const { referer, "user-agent": agent } = raw.headers;
  if (typeof agent === "string") facts.set("aws:useragent", [agent]);
  if (typeof referer === "string") facts.set("aws:referer", [referer]);
  if (caller.isAnonymous === true) {
    facts.set("aws:principaltype", ["Anonymous"]);
    facts.set("aws:userid", ["anonymous"]);
    return facts;
  }
  facts.set("aws:principalaccount", [caller.accountId]);
  facts.set("aws:principalarn", [caller.arn]);
  facts.set("aws:principaltype", [caller.isRoot ? "Account" : "User"]);
  facts.set("aws:userid", [caller.userId ?? caller.accountId]);
  if (caller.userName !== undefined) facts.set("aws:username", [caller.userName]);
  return facts;
}
