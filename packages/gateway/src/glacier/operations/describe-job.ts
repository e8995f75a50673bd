import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { describeJob as describe, jobMembers } from "../job-description.ts";
import { accountId, jobId, vaultName } from "../shapes.ts";

export const describeJob: GlacierOperation = operation({
  name: "DescribeJob",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/jobs/{jobId}" },
  input: { accountId, vaultName, jobId },
  output: jobMembers,
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return describe(await archive.describeJob(input));
  },
});
