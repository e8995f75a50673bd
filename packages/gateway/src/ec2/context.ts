import type { Volumes } from "@firn/volumes";
import { ServiceError, boolean, operation as define } from "@firn/wire";
import type { Declaration, Members, Operation, StructureOf } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

export interface Ec2Context extends RequestContext {
  /** Bound to the caller's account and the request's region. */
  readonly volumes: Volumes;
}

export type Ec2Operation = Operation<Ec2Context>;

/** Declares an EC2 action. Every one of them takes DryRun: allowed or not, and nothing is done. */
export function operation<const I extends Members, const O extends Members>(
  declaration: Declaration<Ec2Context, I, O>,
): Ec2Operation {
  return define({
    ...declaration,
    input: { ...declaration.input, DryRun: boolean() },
    handler(input: Readonly<Record<string, unknown>>, context: Ec2Context) {
      if (input["DryRun"] === true) {
        const text = "Request would have succeeded, but DryRun flag is set.";
        throw new ServiceError("DryRunOperation", 412, text);
      }
      return declaration.handler(input as StructureOf<I>, context);
    },
  });
}
