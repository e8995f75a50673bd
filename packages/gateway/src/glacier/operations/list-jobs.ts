import { boolean, list, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { describeJob, jobDescription } from "../job-description.ts";
import { accountId, limit, marker, vaultName } from "../shapes.ts";

export const listJobs: GlacierOperation = operation({
  name: "ListJobs",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/jobs" },
  input: {
    accountId,
    vaultName,
    limit,
    marker,
    statuscode: string({ in: "query" }),
    completed: boolean({ in: "query" }),
  },
  output: { JobList: list(jobDescription), Marker: string() },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const { vaultName, limit, marker, statuscode: statusCode, completed } = input;
    const jobs = archive.listJobs({ vaultName, limit, marker, statusCode, completed });
    const page = await jobs.page();
    return { JobList: page.items.map(describeJob), Marker: page.marker };
  },
});
