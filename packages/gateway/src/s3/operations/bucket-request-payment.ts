import type { RequestPayer } from "@firn/objects";
import { configurationOperations } from "../configuration-operations.ts";
import { requiredText } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";

/** PutBucketRequestPayment, GetBucketRequestPayment. */
export const bucketRequestPayment: readonly S3Operation[] = configurationOperations<RequestPayer>({
  name: "BucketRequestPayment",
  subresource: "requestPayment",
  root: "RequestPaymentConfiguration",
  errors: [],
  read: (document) => requiredText(document, "Payer", ["BucketOwner", "Requester"]),
  write: (payer) => ({ Payer: payer }),
  get: (objects, request) => objects.getBucketRequestPayment(request),
  put: (objects, request, payer) => objects.putBucketRequestPayment({ ...request, payer }),
});
