import { boolean } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { unsupportedFeature } from "../errors.ts";

/** It is off already, or the store has a key and encrypts all that is written. */
export const disableEbsEncryptionByDefault: Ec2Operation = operation({
  name: "DisableEbsEncryptionByDefault",
  input: {},
  output: { EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }) },
  errors: ["UnsupportedOperation"],
  handler(_, { volumes }) {
    if (volumes.isEncrypting)
      throw unsupportedFeature("Unencrypted volumes in a store with a key are");
    return { EbsEncryptionByDefault: false };
  },
});
