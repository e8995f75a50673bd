import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";
import { describeVault as describe, vaultMembers } from "../vault-description.ts";

export const describeVault: GlacierOperation = operation({
  name: "DescribeVault",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}" },
  input: { accountId, vaultName },
  output: vaultMembers,
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return describe(await archive.describeVault({ vaultName: input.vaultName }));
  },
});
