import { bytesOut, integer, long, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, archiveDescription, jobId, treeHashOut, vaultName } from "../shapes.ts";

export const getJobOutput: GlacierOperation = operation({
  name: "GetJobOutput",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/jobs/{jobId}/output" },
  input: { accountId, vaultName, jobId, range: string({ in: "header", name: "range" }) },
  output: {
    body: bytesOut(),
    contentLength: long({ in: "header", name: "content-length" }),
    checksum: treeHashOut,
    status: integer({ in: "status" }),
    contentRange: string({ in: "header", name: "content-range" }),
    acceptRanges: string({ in: "header", name: "accept-ranges" }),
    contentType: string({ in: "header", name: "content-type" }),
    archiveDescription,
  },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return archive.getJobOutput(input);
  },
});
