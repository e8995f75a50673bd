import type { ObjectStore } from "@firn/objects";
import { AccessLog } from "./access-log/access-log.ts";
import type { Service } from "../frame/service.ts";
import { toServiceError } from "../frame/error-response.ts";
import { faultsOf } from "../frame/faults.ts";
import { refusalsOf } from "../frame/refusals.ts";
import { callersOnly } from "./account-directory.ts";
import type { AccountDirectory } from "./account-directory.ts";
import { BucketPolicies } from "./authorization/bucket-policies.ts";
import { RequestAccess } from "./authorization/request-access.ts";
import type { NewBuckets, S3Context } from "./context.ts";
import { BucketCors } from "./cors/bucket-cors.ts";
import { s3Errors } from "./errors.ts";
import { S3_NAMESPACE } from "./namespace.ts";
import { s3Operations } from "./operations/index.ts";
import { S3Request } from "./s3-request.ts";
import { ScopedStores } from "./scoped-stores.ts";
import { s3Subresources } from "./subresources.ts";
import { WebsiteSite } from "./website/website-site.ts";

/** Documents of S3: the largest are 10,000 parts or 1000 keys of 1 KiB, escaped. */
const BODY_BYTES_MAX: number = 8 * 1024 * 1024;

export interface S3ServiceOptions {
  readonly objects: ObjectStore;
  /** Names owners and resolves grants. Default: the caller alone is known. */
  readonly accounts?: AccountDirectory | undefined;
  /** Default `closed`. */
  readonly newBuckets?: NewBuckets | undefined;
  /**
   * Take encryption keys of callers (SSE-C) over plain http too, where whoever listens can read
   * them. Default false: such requests are refused, as S3 does.
   */
  readonly sseCustomerOverHttp?: boolean | undefined;
  /** `BUCKET.` before it is the website of that bucket. Default: `BUCKET.s3-website.…` only. */
  readonly websiteDomain?: string | undefined;
}

/** Amazon S3's REST API over an object store. */
export function createS3Service(options: S3ServiceOptions): Service<S3Context> {
  const customerKeys: S3Context["customerKeys"] =
    options.sseCustomerOverHttp === true ? "allowed" : "refused";
  const { objects, newBuckets = "closed" } = options;
  const stores = new ScopedStores(objects);
  const policies = new BucketPolicies(objects);
  const cors = new BucketCors(objects);
  const { accounts, websiteDomain } = options;
  const log = new AccessLog({ objects, accounts, websiteDomain });
  const service: Service<S3Context> = {
    name: "s3",
    protocol: "rest-xml",
    xmlNamespace: S3_NAMESPACE,
    operations: s3Operations,
    subresources: s3Subresources,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: s3Errors,
    faults: faultsOf("rest-xml"),
    refusals: refusalsOf("rest-xml"),
    takesStrangers: true,
    authorize: (asked, { access }) => access.authorize(asked),
    preflight: (raw) => cors.preflight(raw),
    crossOrigin: (raw) => cors.headers(raw),
    context: (request) =>
      new S3Request(request, {
        objects: stores.of(request.caller.accountId, request.region),
        access: new RequestAccess(request, { objects, policies }),
        accounts: accounts ?? callersOnly(request.caller),
        newBuckets,
        customerKeys: request.raw.isEncrypted ? "allowed" : customerKeys,
      }),
    served: (request) => log.note(request),
    site: new WebsiteSite({
      domain: websiteDomain,
      toError: (error) => toServiceError(service, error),
    }),
  };
  return service;
}
