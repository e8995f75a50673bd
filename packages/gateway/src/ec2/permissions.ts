import type { SnapshotDescription } from "@firn/volumes";
import { list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { invalidValue } from "./errors.ts";

export interface Permission {
  readonly UserId?: string | undefined;
  readonly Group?: string | undefined;
}

export const permissionsIn: Shape<readonly Permission[], false> = list(
  structure({ UserId: string(), Group: string() }),
);

export const permissionsOut: Shape<readonly Permission[], false> = list(
  structure({ UserId: string({ name: "userId" }), Group: string({ name: "group" }) }),
  { name: "createVolumePermission", item: "item" },
);

const ACCOUNT = /^\d{12}$/;
/** The one group there is: everybody. */
const EVERYBODY = "all";

/** Account ids, and `all` for everybody. @throws InvalidParameterValue. */
export function accountsOf(permissions: readonly Permission[]): string[] {
  return permissions.map(({ UserId, Group }) => {
    if (Group !== undefined && Group !== EVERYBODY) {
      throw invalidValue(`Invalid user group: ${Group.slice(0, 64)}`);
    }
    if (Group !== undefined) return EVERYBODY;
    if (UserId === undefined || !ACCOUNT.test(UserId)) {
      throw invalidValue(`Invalid user id: ${String(UserId).slice(0, 64)}`);
    }
    return UserId;
  });
}

export function permissionsOf({ sharedWith }: SnapshotDescription): Permission[] {
  return sharedWith.map((who) => (who === EVERYBODY ? { Group: who } : { UserId: who }));
}
