import type { AdminCommand } from "@firn/gateway";
import { adminOperations, administer } from "@firn/identity";
import type { Identity } from "@firn/identity";

/** `POST /_firn/identity/CreateUser` and its like: accounts, users, keys and policies. */
export function identityCommands(identity: Identity): ReadonlyMap<string, AdminCommand> {
  return new Map(
    adminOperations.map((name): [string, AdminCommand] => {
      return [`POST identity/${name}`, (body) => administer(identity, name, body)];
    }),
  );
}
