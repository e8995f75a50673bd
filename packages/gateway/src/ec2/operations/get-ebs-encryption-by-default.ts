import { boolean, string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

/** On when the store has a key: then all that is written is encrypted. */
export const getEbsEncryptionByDefault: Ec2Operation = operation({
  name: "GetEbsEncryptionByDefault",
  input: {},
  output: {
    EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }),
    SseType: string({ name: "sseType" }),
  },
  errors: [],
  handler: (_, { volumes }) => ({
    EbsEncryptionByDefault: volumes.isEncrypting,
    SseType: volumes.isEncrypting ? "sse-ebs" : "none",
  }),
});
