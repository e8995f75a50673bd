import { stream, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import {
  accountId,
  archiveDescription,
  location,
  treeHash,
  treeHashOut,
  vaultName,
} from "../shapes.ts";

export const uploadArchive: GlacierOperation = operation({
  name: "UploadArchive",
  http: { method: "POST", path: "/{accountId}/vaults/{vaultName}/archives", status: 201 },
  input: {
    accountId,
    vaultName,
    archiveDescription,
    checksum: treeHash,
    body: stream(),
  },
  output: {
    location,
    checksum: treeHashOut,
    archiveId: string({ in: "header", name: "x-amz-archive-id" }),
  },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive, signal }) {
    return archive.uploadArchive({ ...input, signal });
  },
});
