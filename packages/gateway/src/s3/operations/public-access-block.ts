import type { PublicAccessBlock } from "@firn/objects";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import { optionalFlag } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";

/** PutPublicAccessBlock, GetPublicAccessBlock, DeletePublicAccessBlock. */
export const publicAccessBlock: readonly S3Operation[] = configurationOperations<PublicAccessBlock>(
  {
    name: "PublicAccessBlock",
    subresource: "publicAccessBlock",
    root: "PublicAccessBlockConfiguration",
    errors: ["NoSuchPublicAccessBlockConfiguration"],
    read,
    write: (block) => ({
      BlockPublicAcls: block.blockPublicAcls,
      IgnorePublicAcls: block.ignorePublicAcls,
      BlockPublicPolicy: block.blockPublicPolicy,
      RestrictPublicBuckets: block.restrictPublicBuckets,
    }),
    get: (objects, request) => objects.getPublicAccessBlock(request),
    put: (objects, request, block) =>
      objects.putPublicAccessBlock({ ...request, publicAccessBlock: block }),
    remove: (objects, request) => objects.deletePublicAccessBlock(request),
  },
);

/** What is not said is off. */
function read(document: XmlElement): PublicAccessBlock {
  const flag = (name: string): boolean => optionalFlag(document, name) ?? false;
  return {
    blockPublicAcls: flag("BlockPublicAcls"),
    ignorePublicAcls: flag("IgnorePublicAcls"),
    blockPublicPolicy: flag("BlockPublicPolicy"),
    restrictPublicBuckets: flag("RestrictPublicBuckets"),
  };
}
