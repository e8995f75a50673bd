import { boolean, string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

/** Volumes are not encrypted by the server, so that they are never so by default. */
export const getEbsEncryptionByDefault: Ec2Operation = operation({
  name: "GetEbsEncryptionByDefault",
  input: {},
  output: {
    EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }),
    SseType: string({ name: "sseType" }),
  },
  errors: [],
  handler: () => ({ EbsEncryptionByDefault: false, SseType: "none" }),
});
