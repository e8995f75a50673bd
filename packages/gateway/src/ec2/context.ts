import type { Volumes } from "@firn/volumes";
import { ServiceError, boolean, operation as define, string } from "@firn/wire";
import type { Declaration, Members, Operation, StructureOf } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

export interface Ec2Context extends RequestContext {
  /** Bound to the caller's account and the request's region. */
  readonly volumes: Volumes;
  /** Milliseconds since 1970 UTC, of the store's clock. */
  readonly now: () => number;
}

export type Ec2Operation = Operation<Ec2Context>;

/** The version of the API whose actions and answers these are. */
const VERSION = "2016-11-15";

/**
 * Declares an EC2 action. Every one of them names the API's version, and takes DryRun: allowed or
 * not, and nothing is done.
 */
export function operation<const I extends Members, const O extends Members>(
  declaration: Declaration<Ec2Context, I, O>,
): Ec2Operation {
  return define({
    ...declaration,
    input: { ...declaration.input, DryRun: boolean(), Version: string({ required: true }) },
    handler(input: Readonly<Record<string, unknown>>, context: Ec2Context) {
      if (input["Version"] !== VERSION) {
        const asked = String(input["Version"]).slice(0, 64);
        throw new ServiceError(
          "NoSuchVersion",
          400,
          `The requested version (${asked}) is not valid.`,
        );
      }
      if (input["DryRun"] === true) {
        const text = "Request would have succeeded, but DryRun flag is set.";
        throw new ServiceError("DryRunOperation", 412, text);
      }
      return declaration.handler(input as StructureOf<I>, context);
    },
  });
}
