import { string, timestamp } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const getVaultLock: GlacierOperation = operation({
  name: "GetVaultLock",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/lock-policy" },
  input: { accountId, vaultName },
  output: {
    Policy: string(),
    State: string(),
    ExpirationDate: timestamp({ format: "iso8601" }),
    CreationDate: timestamp({ format: "iso8601" }),
  },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const lock = await archive.getVaultLock({ vaultName: input.vaultName });
    return {
      Policy: lock.policy,
      State: lock.state,
      ExpirationDate: lock.expirationDate,
      CreationDate: lock.creationDate,
    };
  },
});
