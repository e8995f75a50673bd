import type { AdminCommand } from "@firn/gateway";
import type { LocalKeyRing } from "@firn/identity";
import { umbrellaError } from "./firn-error.ts";

type Body = Parameters<AdminCommand>[0];

/** `POST /_firn/keys/Create`, `List` and `SetEnabled`: named keys for encryption on the server. */
export function keyCommands(keyRing: LocalKeyRing): ReadonlyMap<string, AdminCommand> {
  return new Map<string, AdminCommand>([
    [
      "POST keys/Create",
      async (body) => ({
        key: await keyRing.createKey({
          accountId: required(body, "accountId"),
          region: optional(body, "region"),
          keyId: optional(body, "keyId"),
        }),
      }),
    ],
    [
      "POST keys/List",
      (body) =>
        Promise.resolve({ keys: keyRing.listKeys({ accountId: required(body, "accountId") }) }),
    ],
    [
      "POST keys/SetEnabled",
      async (body) => {
        const { enabled } = body;
        if (typeof enabled !== "boolean") throw invalid("enabled", "true or false");
        await keyRing.setKeyEnabled({ arn: required(body, "arn"), enabled });
        return {};
      },
    ],
  ]);
}

function required(body: Body, name: string): string {
  const value = optional(body, name);
  if (value === undefined) throw invalid(name, "given");
  return value;
}

function optional(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === "string") return value;
  throw invalid(name, "a string");
}

function invalid(name: string, what: string): Error {
  return umbrellaError("FIRN_OPTIONS_INVALID", `"${name}" must be ${what}.`);
}
