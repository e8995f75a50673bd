import type { AdminCommand } from "@firn/gateway";
import type { LocalKeyRing } from "@firn/identity";
import { invalid, optional, required } from "./command-body.ts";

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
