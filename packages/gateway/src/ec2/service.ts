import type { Store } from "@firn/core";
import type { Volumes } from "@firn/volumes";
import { faultsOf } from "../frame/faults.ts";
import { refusalsOf } from "../frame/refusals.ts";
import type { Service } from "../frame/service.ts";
import type { Ec2Context } from "./context.ts";
import { ec2Errors } from "./errors.ts";
import { ec2Operations } from "./operations/index.ts";

/** EC2's actions for volumes and snapshots, over the volumes. */
export function createEc2Service(engines: {
  readonly volumes: Volumes;
  readonly store: Pick<Store, "clock">;
}): Service<Ec2Context> {
  return {
    name: "ec2",
    protocol: "ec2-query",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    operations: ec2Operations,
    errors: ec2Errors,
    faults: faultsOf("ec2-query"),
    refusals: refusalsOf("ec2-query"),
    context: (request) =>
      Object.assign(request, {
        now: () => engines.store.clock.now(),
        volumes: engines.volumes.in({
          accountId: request.caller.accountId,
          region: request.region,
        }),
      }),
  };
}
