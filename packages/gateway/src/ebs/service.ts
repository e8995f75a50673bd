import type { Volumes } from "@firn/volumes";
import { faultsOf } from "../frame/faults.ts";
import type { FaultTable, Service } from "../frame/service.ts";
import { BODY_BYTES_MAX } from "./constants.ts";
import type { EbsContext, EbsStore } from "./context.ts";
import { ebsErrors, ebsRefusals } from "./errors.ts";
import { ebsOperations } from "./operations/index.ts";

const common = faultsOf("rest-json");

const faults: FaultTable = {
  ...common,
  corruption: { ...common.corruption, code: "InternalServerException" },
  internal: { ...common.internal, code: "InternalServerException" },
  unavailable: { ...common.unavailable, code: "InternalServerException", status: 500 },
  closed: { ...common.closed, code: "InternalServerException", status: 500 },
};

/** The EBS direct APIs: snapshots block by block. */
export function createEbsService(engines: {
  readonly volumes: Volumes;
  readonly store: EbsStore;
}): Service<EbsContext> {
  return {
    name: "ebs",
    protocol: "rest-json",
    operations: ebsOperations,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: ebsErrors,
    faults,
    refusals: ebsRefusals,
    errorMessageKey: () => "Message",
    context: (request) =>
      Object.assign(request, {
        store: engines.store,
        volumes: engines.volumes.in({
          accountId: request.caller.accountId,
          region: request.region,
        }),
      }),
  };
}
