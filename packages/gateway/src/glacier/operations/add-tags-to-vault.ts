import { map, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const addTagsToVault: GlacierOperation = operation({
  name: "AddTagsToVault",
  http: {
    method: "POST",
    path: "/{accountId}/vaults/{vaultName}/tags",
    query: ["operation=add"],
    status: 204,
  },
  input: { accountId, vaultName, Tags: map(string()) },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "LimitExceededException",
  ],
  async handler(input, { archive }) {
    await archive.addTagsToVault({ vaultName: input.vaultName, tags: input.Tags ?? {} });
    return {};
  },
});
