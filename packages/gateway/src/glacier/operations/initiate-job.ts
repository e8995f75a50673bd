import type { InventoryRetrievalParameters } from "@firn/archive";
import { document, string, structure } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, location, vaultName } from "../shapes.ts";

export const initiateJob: GlacierOperation = operation({
  name: "InitiateJob",
  http: { method: "POST", path: "/{accountId}/vaults/{vaultName}/jobs", status: 202 },
  input: {
    accountId,
    vaultName,
    jobParameters: structure(
      {
        Format: string(),
        Type: string(),
        ArchiveId: string(),
        Description: string(),
        SNSTopic: string(),
        RetrievalByteRange: string(),
        Tier: string(),
        InventoryRetrievalParameters: structure({
          StartDate: string(),
          EndDate: string(),
          Limit: string(),
          Marker: string(),
        }),
        SelectParameters: document(),
        OutputLocation: document(),
      },
      { in: "payload" },
    ),
  },
  output: { location, jobId: string({ in: "header", name: "x-amz-job-id" }) },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "PolicyEnforcedException",
    "NoLongerSupportedException",
  ],
  async handler(input, { archive }) {
    const { vaultName, jobParameters: job = {} } = input;
    return archive.initiateJob({
      vaultName,
      type: selects(job) ? "select" : (job.Type ?? ""),
      archiveId: job.ArchiveId,
      retrievalByteRange: job.RetrievalByteRange,
      tier: job.Tier,
      description: job.Description,
      snsTopic: job.SNSTopic,
      format: job.Format,
      inventoryRetrievalParameters: readInventory(job.InventoryRetrievalParameters),
    });
  },
});

/** Select left the API; what belongs to it is refused as it is. */
function selects(job: {
  readonly SelectParameters?: unknown;
  readonly OutputLocation?: unknown;
}): boolean {
  return job.SelectParameters !== undefined || job.OutputLocation !== undefined;
}

function readInventory(
  parameters:
    | {
        readonly StartDate?: string | undefined;
        readonly EndDate?: string | undefined;
        readonly Limit?: string | undefined;
        readonly Marker?: string | undefined;
      }
    | undefined,
): InventoryRetrievalParameters | undefined {
  if (parameters === undefined) return undefined;
  const { StartDate: startDate, EndDate: endDate, Limit, Marker: marker } = parameters;
  return { startDate, endDate, limit: Limit === undefined ? undefined : Number(Limit), marker };
}
