import type { BucketRequest, ObjectStore } from "@firn/objects";
import { blob } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { requiredOwner } from "./access.ts";
import { checkDigests } from "./buffered-body.ts";
import { documentBody } from "./configuration-xml.ts";
import type { XmlMembers } from "./configuration-xml.ts";
import { operation } from "./context.ts";
import type { S3Context, S3Operation } from "./context.ts";
import { readDocument } from "./malformed-xml.ts";
import { bodyCheckMembers, bucketMembers } from "./members.ts";

/** A configuration of buckets that is written whole, read whole and removed. */
export interface Configuration<T> {
  /** As the operations name it: `BucketEncryption` of `PutBucketEncryption`. */
  readonly name: string;
  readonly subresource: string;
  /** The document's root element. */
  readonly root: string;
  /** What reading and writing it fails with, beside what every bucket does. */
  readonly errors: readonly string[];
  readonly read: (document: XmlElement) => T;
  readonly write: (configuration: T) => XmlMembers;
  readonly get: (objects: ObjectStore, request: BucketRequest) => Promise<T>;
  readonly put: (objects: ObjectStore, request: BucketRequest, value: T) => Promise<void>;
  readonly remove?: (objects: ObjectStore, request: BucketRequest) => Promise<void>;
}

/** Its operations: Put, Get and, where it can be removed, Delete. */
export function configurationOperations<T>(of: Configuration<T>): readonly S3Operation[] {
  const operations = [putOperation(of), getOperation(of)];
  return of.remove === undefined ? operations : [...operations, deleteOperation(of, of.remove)];
}

const BUCKET_ERRORS: readonly string[] = ["NoSuchBucket", "AccessDenied"];
const DOCUMENT_ERRORS: readonly string[] = ["MalformedXML", "InvalidDigest", "BadDigest"];

function putOperation<T>(of: Configuration<T>): S3Operation {
  return operation({
    name: `Put${of.name}`,
    http: { method: "PUT", path: "/{Bucket}", query: [of.subresource] },
    input: { ...bucketMembers, ...bodyCheckMembers, Document: blob({ in: "payload" }) },
    output: {},
    errors: [...BUCKET_ERRORS, ...DOCUMENT_ERRORS, ...of.errors],
    async handler(input, context) {
      const body = input.Document ?? new Uint8Array();
      checkDigests(body, input);
      const value = of.read(readDocument(body, of.root));
      await of.put(context.objects, requestOf(input, context), value);
      return {};
    },
  });
}

function getOperation<T>(of: Configuration<T>): S3Operation {
  return operation({
    name: `Get${of.name}`,
    http: { method: "GET", path: "/{Bucket}", query: [of.subresource] },
    input: { ...bucketMembers },
    output: {},
    errors: [...BUCKET_ERRORS, ...of.errors],
    async handler(input, context) {
      const value = await of.get(context.objects, requestOf(input, context));
      return documentBody(of.root, of.write(value));
    },
  });
}

function deleteOperation<T>(
  of: Configuration<T>,
  remove: NonNullable<Configuration<T>["remove"]>,
): S3Operation {
  return operation({
    name: `Delete${of.name}`,
    http: { method: "DELETE", path: "/{Bucket}", query: [of.subresource], status: 204 },
    input: { ...bucketMembers },
    output: {},
    errors: BUCKET_ERRORS,
    async handler(input, context) {
      await remove(context.objects, requestOf(input, context));
      return {};
    },
  });
}

/** The bucket that a request is about, for whom it is made. */
export function requestOf(
  input: { readonly Bucket: string; readonly ExpectedBucketOwner?: string | undefined },
  context: S3Context,
): BucketRequest {
  return {
    bucket: input.Bucket,
    expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
    signal: context.signal,
  };
}
