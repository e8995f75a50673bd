import { list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { invalidCombination, missingParameter, unsupportedFeature } from "../errors.ts";
import { checkSnapshotId } from "../ids.ts";
import { accountsOf, permissionsIn } from "../permissions.ts";

/** Shares a snapshot: by a structure, or by an operation with users and groups. */
export const modifySnapshotAttribute: Ec2Operation = operation({
  name: "ModifySnapshotAttribute",
  input: {
    SnapshotId: string({ required: true }),
    Attribute: string({ values: ["productCodes", "createVolumePermission"] }),
    CreateVolumePermission: structure({ Add: permissionsIn, Remove: permissionsIn }),
    OperationType: string({ values: ["add", "remove"] }),
    UserIds: list(string(), { name: "UserId" }),
    GroupNames: list(string(), { name: "UserGroup" }),
  },
  output: doneMembers,
  errors: [
    "InvalidParameterCombination",
    "InvalidSnapshot.NotFound",
    "MissingParameter",
    "OperationNotPermitted",
    "UnsupportedOperation",
  ],
  async handler(input, { volumes }) {
    const { CreateVolumePermission, OperationType, UserIds = [], GroupNames = [] } = input;
    if (input.Attribute === "productCodes") throw unsupportedFeature("Product codes are");
    const snapshotId = checkSnapshotId(input.SnapshotId);
    const named = accountsOf([
      ...UserIds.map((UserId) => ({ UserId })),
      ...GroupNames.map((Group) => ({ Group })),
    ]);
    if (CreateVolumePermission !== undefined) {
      if (OperationType !== undefined || named.length > 0) {
        const text =
          "CreateVolumePermission cannot be used with OperationType, UserId or UserGroup";
        throw invalidCombination(text);
      }
      const { Add = [], Remove = [] } = CreateVolumePermission;
      await volumes.snapshots.share({
        snapshotId,
        add: accountsOf(Add),
        remove: accountsOf(Remove),
      });
      return done;
    }
    if (OperationType === undefined) throw missingParameter("OperationType");
    if (named.length === 0) throw missingParameter("UserId");
    await volumes.snapshots.share({ snapshotId, [OperationType]: named });
    return done;
  },
});
