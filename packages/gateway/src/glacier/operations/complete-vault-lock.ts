import { string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const completeVaultLock: GlacierOperation = operation({
  name: "CompleteVaultLock",
  http: {
    method: "POST",
    path: "/{accountId}/vaults/{vaultName}/lock-policy/{lockId}",
    status: 204,
  },
  input: { accountId, vaultName, lockId: string({ in: "path", required: true }) },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive }) {
    await archive.completeVaultLock(input);
    return {};
  },
});
