import { boolean } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { unsupportedFeature } from "../errors.ts";

/** Refused: a client that asks for it must not believe that it has it. */
export const enableEbsEncryptionByDefault: Ec2Operation = operation({
  name: "EnableEbsEncryptionByDefault",
  input: {},
  output: { EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }) },
  errors: ["UnsupportedOperation"],
  handler() {
    throw unsupportedFeature("Encrypted volumes are");
  },
});
