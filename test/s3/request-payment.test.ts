import {
  CreateBucketCommand,
  GetBucketRequestPaymentCommand,
  GetObjectCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";

test("where requesters pay, other accounts must say so", async () => {
  const served = await serveS3();
  const { s3, firn, endpoint } = served;
  const Bucket = "paid";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const get = new GetBucketRequestPaymentCommand({ Bucket });
  expect((await s3.send(get)).Payer).toBe("BucketOwner");
  const { accountId } = await firn.identity.createAccount({ displayName: "guest" });
  const key = await firn.identity.createAccessKey({ accountId });
  const guest = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
    maxAttempts: 1,
    forcePathStyle: true,
  });
  const statement = {
    Effect: "Allow",
    Principal: { AWS: accountId },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const Rules = [{ ObjectOwnership: "BucketOwnerEnforced" as const }];
  const OwnershipControls = { Rules };
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  await guest.send(new GetObjectCommand({ Bucket, Key: "k" }));
  const RequestPaymentConfiguration = { Payer: "Requester" as const };
  const put = { Bucket, RequestPaymentConfiguration };
  await s3.send(new PutBucketRequestPaymentCommand(put));
  expect((await s3.send(get)).Payer).toBe("Requester");
  const denied = guest.send(new GetObjectCommand({ Bucket, Key: "k" }));
  await expect(denied).rejects.toMatchObject({ name: "AccessDenied" });
  await guest.send(new GetObjectCommand({ Bucket, Key: "k", RequestPayer: "requester" }));
  await s3.send(new GetObjectCommand({ Bucket, Key: "k" }));
  guest.destroy();
  await served.close();
});
