import type { BucketEncryption } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import {
  childrenOf,
  optionalFlag,
  optionalText,
  requiredChild,
  requiredText,
} from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";
import { malformedXml } from "../malformed-xml.ts";

/** PutBucketEncryption, GetBucketEncryption, DeleteBucketEncryption. */
export const bucketEncryption: readonly S3Operation[] = configurationOperations<BucketEncryption>({
  name: "BucketEncryption",
  subresource: "encryption",
  root: "ServerSideEncryptionConfiguration",
  errors: ["ServerSideEncryptionConfigurationNotFoundError", "InvalidArgument"],
  read,
  write: ({ algorithm, keyId, bucketKeyEnabled }) => ({
    Rule: {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId },
      BucketKeyEnabled: bucketKeyEnabled ?? false,
    },
  }),
  get: (objects, request) => objects.getBucketEncryption(request),
  put: (objects, request, encryption) => objects.putBucketEncryption({ ...request, encryption }),
  remove: (objects, request) => objects.deleteBucketEncryption(request),
});

function read(document: XmlElement): BucketEncryption {
  const [rule, ...others] = childrenOf(document, "Rule");
  if (rule === undefined || others.length > 0) throw malformedXml();
  const byDefault = requiredChild(rule, "ApplyServerSideEncryptionByDefault");
  const algorithm = requiredText(byDefault, "SSEAlgorithm", ["AES256", "aws:kms", "aws:kms:dsse"]);
  if (algorithm === "aws:kms:dsse") {
    const text = "A header you provided implies functionality that is not implemented";
    throw new ServiceError("NotImplemented", 501, text, { members: { Header: algorithm } });
  }
  return {
    algorithm,
    keyId: optionalText(byDefault, "KMSMasterKeyID"),
    bucketKeyEnabled: optionalFlag(rule, "BucketKeyEnabled"),
  };
}
