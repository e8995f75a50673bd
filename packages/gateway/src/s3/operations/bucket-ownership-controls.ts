import type { ObjectOwnership } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import { childrenOf, requiredText } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";
import { malformedXml } from "../malformed-xml.ts";

/** PutBucketOwnershipControls, GetBucketOwnershipControls, DeleteBucketOwnershipControls. */
export const bucketOwnershipControls: readonly S3Operation[] =
  configurationOperations<ObjectOwnership>({
    name: "BucketOwnershipControls",
    subresource: "ownershipControls",
    root: "OwnershipControls",
    errors: ["OwnershipControlsNotFoundError", "InvalidBucketAclWithObjectOwnership"],
    read,
    write: (objectOwnership) => ({ Rule: { ObjectOwnership: objectOwnership } }),
    get: (objects, request) => objects.getBucketOwnershipControls(request),
    put: async (objects, request, objectOwnership) => {
      if (objectOwnership === "BucketOwnerEnforced") {
        const { acl = [] } = await objects.getBucketAccess(request);
        // A list that lets others in would count for nothing from now on.
        if (acl.length > 1) throw aclWithOwnership();
      }
      await objects.putBucketOwnershipControls({ ...request, objectOwnership });
    },
    remove: (objects, request) => objects.deleteBucketOwnershipControls(request),
  });

export const OWNERSHIPS: readonly ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] =
  ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

function read(document: XmlElement): ObjectOwnership {
  const [rule, ...others] = childrenOf(document, "Rule");
  if (rule === undefined || others.length > 0) throw malformedXml();
  return requiredText(rule, "ObjectOwnership", OWNERSHIPS);
}

export function aclWithOwnership(): ServiceError {
  return new ServiceError(
    "InvalidBucketAclWithObjectOwnership",
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}
