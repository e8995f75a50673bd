import type { ObjectStore } from "@firn/objects";
import type { Service } from "../frame/service.ts";
import { faultsOf } from "../frame/faults.ts";
import { refusalsOf } from "../frame/refusals.ts";
import type { S3Context } from "./context.ts";
import { s3Errors } from "./errors.ts";
import { S3_NAMESPACE } from "./namespace.ts";
import { s3Operations } from "./operations/index.ts";
import { s3Subresources } from "./subresources.ts";

/** Documents of S3: the largest are 10,000 parts or 1000 keys of 1 KiB, escaped. */
const BODY_BYTES_MAX: number = 8 * 1024 * 1024;

export interface S3ServiceOptions {
  readonly objects: ObjectStore;
  /**
   * Take encryption keys of callers (SSE-C) over plain http too, where whoever listens can read
   * them. Default false: such requests are refused, as S3 does.
   */
  readonly sseCustomerOverHttp?: boolean | undefined;
}

/** Amazon S3's REST API over an object store. */
export function createS3Service(options: S3ServiceOptions): Service<S3Context> {
  const customerKeys: S3Context["customerKeys"] =
    options.sseCustomerOverHttp === true ? "allowed" : "refused";
  return {
    name: "s3",
    protocol: "rest-xml",
    xmlNamespace: S3_NAMESPACE,
    operations: s3Operations,
    subresources: s3Subresources,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: s3Errors,
    faults: faultsOf("rest-xml"),
    refusals: refusalsOf("rest-xml"),
    context: (request) =>
      Object.assign(request, {
        objects: options.objects.in({
          accountId: request.caller.accountId,
          region: request.region,
        }),
        customerKeys,
      }),
  };
}
