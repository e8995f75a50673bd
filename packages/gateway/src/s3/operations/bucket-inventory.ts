import { inventoryFields } from "@firn/objects";
import type { InventoryConfiguration, InventoryDestination, InventoryField } from "@firn/objects";
import { ServiceError, blob, string } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import {
  childrenOf,
  documentBody,
  optionalChild,
  optionalFlag,
  optionalText,
  requiredChild,
  requiredText,
} from "../configuration-xml.ts";
import type { XmlMembers } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { malformedXml, readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";

const ROOT = "InventoryConfiguration";
const ARN = "arn:aws:s3:::";
const Id = string({ in: "query", name: "id", required: true });
const errors: readonly string[] = ["NoSuchBucket", "AccessDenied", "NoSuchConfiguration"];

const putBucketInventory: S3Operation = operation({
  name: "PutBucketInventoryConfiguration",
  http: { method: "PUT", path: "/{Bucket}", query: ["inventory"], status: 204 },
  input: { ...bucketMembers, ...bodyCheckMembers, Id, Document: blob({ in: "payload" }) },
  output: {},
  errors: [
    ...errors,
    "MalformedXML",
    "IdMismatch",
    "InvalidArgument",
    "InvalidS3DestinationBucket",
    "TooManyConfigurations",
    "NotImplemented",
  ],
  async handler(input, context) {
    const body = input.Document ?? new Uint8Array();
    checkDigests(body, input);
    const inventory = readInventory(readDocument(body, ROOT));
    if (inventory.id !== input.Id) {
      const text = "Document ID does not match the specified configuration ID.";
      throw new ServiceError("IdMismatch", 400, text);
    }
    await context.objects.putBucketInventory({ ...requestOf(input, context), inventory });
    return {};
  },
});

const getBucketInventory: S3Operation = operation({
  name: "GetBucketInventoryConfiguration",
  http: { method: "GET", path: "/{Bucket}", query: ["inventory", "id"] },
  input: { ...bucketMembers, Id },
  output: {},
  errors,
  async handler(input, context) {
    const request = { ...requestOf(input, context), id: input.Id };
    return documentBody(ROOT, writeInventory(await context.objects.getBucketInventory(request)));
  },
});

const deleteBucketInventory: S3Operation = operation({
  name: "DeleteBucketInventoryConfiguration",
  http: { method: "DELETE", path: "/{Bucket}", query: ["inventory"], status: 204 },
  input: { ...bucketMembers, Id },
  output: {},
  errors,
  async handler(input, context) {
    const request = { ...requestOf(input, context), id: input.Id };
    await context.objects.deleteBucketInventory(request);
    return {};
  },
});

const listBucketInventories: S3Operation = operation({
  name: "ListBucketInventoryConfigurations",
  http: { method: "GET", path: "/{Bucket}", query: ["inventory"] },
  input: {
    ...bucketMembers,
    ContinuationToken: string({ in: "query", name: "continuation-token" }),
  },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied", "InvalidArgument"],
  async handler(input, context) {
    const { ContinuationToken: continuationToken } = input;
    const request = { ...requestOf(input, context), continuationToken };
    const page = await context.objects.listBucketInventories(request);
    return documentBody("ListInventoryConfigurationsResult", {
      InventoryConfiguration: page.inventories.map(writeInventory),
      IsTruncated: page.continuationToken !== undefined,
      ContinuationToken: continuationToken,
      NextContinuationToken: page.continuationToken,
    });
  },
});

/** Put, Get, List and DeleteBucketInventoryConfiguration. */
export const bucketInventory: readonly S3Operation[] = [
  putBucketInventory,
  getBucketInventory,
  deleteBucketInventory,
  listBucketInventories,
];

function readInventory(document: XmlElement): InventoryConfiguration {
  const isEnabled = optionalFlag(document, "IsEnabled");
  if (isEnabled === undefined) throw malformedXml();
  const filter = optionalChild(document, "Filter");
  const fields = optionalChild(document, "OptionalFields");
  const schedule = requiredChild(document, "Schedule");
  return {
    id: requiredText(document, "Id"),
    isEnabled,
    versions: requiredText(document, "IncludedObjectVersions", ["All", "Current"]),
    frequency: requiredText(schedule, "Frequency", ["Daily", "Weekly"]),
    prefix: filter && optionalText(filter, "Prefix"),
    fields: fields === undefined ? [] : childrenOf(fields, "Field").map(readField),
    destination: readDestination(requiredChild(document, "Destination")),
  };
}

/** What S3 knows of objects and Firn does not. */
const UNKNOWN_FIELDS: readonly string[] = [
  "ReplicationStatus",
  "IntelligentTieringAccessTier",
  "ObjectAccessControlList",
  "ObjectOwner",
  "LifecycleExpirationDate",
];

function readField({ text }: XmlElement): InventoryField {
  const known = inventoryFields.find((field) => field === text.trim());
  if (known !== undefined) return known;
  if (!UNKNOWN_FIELDS.includes(text.trim())) throw malformedXml();
  throw notImplemented(`Inventories have no field ${text.trim()}.`);
}

function readDestination(element: XmlElement): InventoryDestination {
  const to = requiredChild(element, "S3BucketDestination");
  const format = requiredText(to, "Format", ["CSV", "ORC", "Parquet"]);
  if (format !== "CSV") throw notImplemented("Inventories are written as CSV only.");
  const arn = requiredText(to, "Bucket");
  if (!arn.startsWith(ARN)) {
    throw new ServiceError("InvalidS3DestinationBucket", 400, "Invalid bucket ARN.");
  }
  const encryption = optionalChild(to, "Encryption");
  const key = encryption && optionalChild(encryption, "SSE-KMS");
  const plain = encryption && optionalChild(encryption, "SSE-S3");
  if (encryption !== undefined && (key === undefined) === (plain === undefined)) {
    throw malformedXml();
  }
  return {
    bucket: arn.slice(ARN.length),
    accountId: optionalText(to, "AccountId"),
    prefix: optionalText(to, "Prefix"),
    encryption:
      key !== undefined
        ? { by: "aws:kms", keyId: requiredText(key, "KeyId") }
        : plain && { by: "AES256" },
  };
}

function writeInventory(inventory: InventoryConfiguration): XmlMembers {
  const { destination, fields, prefix } = inventory;
  const { encryption } = destination;
  return {
    Id: inventory.id,
    IsEnabled: inventory.isEnabled,
    Filter: prefix === undefined ? undefined : { Prefix: prefix },
    Destination: {
      S3BucketDestination: {
        Format: "CSV",
        AccountId: destination.accountId,
        Bucket: `${ARN}${destination.bucket}`,
        Prefix: destination.prefix,
        Encryption: encryption && writeEncryption(encryption),
      },
    },
    Schedule: { Frequency: inventory.frequency },
    IncludedObjectVersions: inventory.versions,
    OptionalFields: fields.length === 0 ? undefined : { Field: fields },
  };
}

function writeEncryption(encryption: NonNullable<InventoryDestination["encryption"]>): XmlMembers {
  return encryption.by === "AES256" ? { "SSE-S3": {} } : { "SSE-KMS": { KeyId: encryption.keyId } };
}

function notImplemented(text: string): ServiceError {
  return new ServiceError("NotImplemented", 501, text);
}
