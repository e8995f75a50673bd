import { boolean } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

/** It is off already: volumes are not encrypted by the server. */
export const disableEbsEncryptionByDefault: Ec2Operation = operation({
  name: "DisableEbsEncryptionByDefault",
  input: {},
  output: { EbsEncryptionByDefault: boolean({ name: "ebsEncryptionByDefault" }) },
  errors: [],
  handler: () => ({ EbsEncryptionByDefault: false }),
});
