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
    ["aws:principalaccount", [caller.accountId]],
    ["aws:principalarn", [caller.arn]],
    ["aws:principaltype", [caller.isRoot ? "Account" : "User"]],
    ["aws:userid", [caller.userId ?? caller.accountId]],
  ]);
  const agent = raw.headers["user-agent"];
  if (typeof agent === "string") facts.set("aws:useragent", [agent]);
  if (caller.userName !== undefined) facts.set("aws:username", [caller.userName]);
  return facts;
}
