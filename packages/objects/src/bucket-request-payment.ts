import type { BucketRequest } from "./bucket-types.ts";
import { changeBucket } from "./change-bucket.ts";
import { findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";

/** Who pays for requests: with `Requester`, other accounts must say that they know. */
export type RequestPayer = "BucketOwner" | "Requester";

export interface PutRequestPaymentRequest extends BucketRequest {
  readonly payer: RequestPayer;
}

export async function getBucketRequestPayment(
  engine: Engine,
  request: BucketRequest,
): Promise<RequestPayer> {
  const { requesterPays } = await findBucket(engine, request);
  return requesterPays === true ? "Requester" : "BucketOwner";
}

/** Whoever lets others in asks them; the engine itself charges nobody. */
export async function putBucketRequestPayment(
  engine: Engine,
  request: PutRequestPaymentRequest,
): Promise<void> {
  const requesterPays = request.payer === "Requester" ? true : undefined;
  await changeBucket(engine, request, (bucket) => ({ ...bucket, requesterPays }));
}
