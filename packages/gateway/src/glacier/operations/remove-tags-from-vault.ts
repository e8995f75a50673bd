import { list, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const removeTagsFromVault: GlacierOperation = operation({
  name: "RemoveTagsFromVault",
  http: {
    method: "POST",
    path: "/{accountId}/vaults/{vaultName}/tags",
    query: ["operation=remove"],
    status: 204,
  },
  input: { accountId, vaultName, TagKeys: list(string()) },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    await archive.removeTagsFromVault({ vaultName: input.vaultName, tagKeys: input.TagKeys ?? [] });
    return {};
  },
});
