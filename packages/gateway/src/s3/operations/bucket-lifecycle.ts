import { blob, bytesOut, string } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import { documentText } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { readLifecycle, writeLifecycle } from "../lifecycle-documents.ts";
import { readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";

type SizeMinimum = "all_storage_classes_128K" | "varies_by_storage_class";

const minimumMembers: {
  readonly TransitionDefaultMinimumObjectSize: Shape<SizeMinimum, false>;
} = {
  TransitionDefaultMinimumObjectSize: string({
    in: "header",
    name: "x-amz-transition-default-minimum-object-size",
    values: ["all_storage_classes_128K", "varies_by_storage_class"],
  }),
};

const putBucketLifecycleConfiguration: S3Operation = operation({
  name: "PutBucketLifecycleConfiguration",
  http: { method: "PUT", path: "/{Bucket}", query: ["lifecycle"] },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    ...minimumMembers,
    LifecycleConfiguration: blob({ in: "payload" }),
  },
  output: { ...minimumMembers },
  errors: [
    "NoSuchBucket",
    "MalformedXML",
    "InvalidArgument",
    "InvalidRequest",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
  ],
  async handler(input, context) {
    const body = input.LifecycleConfiguration ?? new Uint8Array();
    checkDigests(body, input);
    const { rules } = readLifecycle(readDocument(body, "LifecycleConfiguration"));
    const minimum = input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
    const lifecycle = { rules, transitionDefaultMinimumObjectSize: minimum };
    const request = { ...requestOf(input, context), lifecycle };
    await context.objects.putBucketLifecycleConfiguration(request);
    return { TransitionDefaultMinimumObjectSize: minimum };
  },
});

const getBucketLifecycleConfiguration: S3Operation = operation({
  name: "GetBucketLifecycleConfiguration",
  http: { method: "GET", path: "/{Bucket}", query: ["lifecycle"] },
  input: { ...bucketMembers },
  output: {
    ...minimumMembers,
    ContentType: string({ in: "header", name: "content-type" }),
    Document: bytesOut(),
  },
  errors: ["NoSuchBucket", "NoSuchLifecycleConfiguration", "AccessDenied"],
  async handler(input, context) {
    const found = await context.objects.getBucketLifecycleConfiguration(requestOf(input, context));
    const { transitionDefaultMinimumObjectSize: minimum = "all_storage_classes_128K" } = found;
    return {
      TransitionDefaultMinimumObjectSize: minimum,
      ContentType: "application/xml",
      Document: Buffer.from(documentText("LifecycleConfiguration", writeLifecycle(found))),
    };
  },
});

const deleteBucketLifecycle: S3Operation = operation({
  name: "DeleteBucketLifecycle",
  http: { method: "DELETE", path: "/{Bucket}", query: ["lifecycle"], status: 204 },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    await context.objects.deleteBucketLifecycle(requestOf(input, context));
    return {};
  },
});

/** The rules by which a bucket's objects move and end. */
export const bucketLifecycle: readonly S3Operation[] = [
  putBucketLifecycleConfiguration,
  getBucketLifecycleConfiguration,
  deleteBucketLifecycle,
];
