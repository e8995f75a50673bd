import { boolean } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { unsupportedFeature } from "../errors.ts";

/** It is on when the store has a key; otherwise nobody must believe that it is. */
export const enableEbsEncryptionByDefault: Ec2Operation = operation({
  name: "EnableEbsEncryptionByDefault",
  input: {},
  output: { EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }) },
  errors: ["UnsupportedOperation"],
  handler(_, { volumes }) {
    if (!volumes.isEncrypting) throw unsupportedFeature("Encrypted volumes are");
    return { EbsEncryptionByDefault: true };
  },
});
