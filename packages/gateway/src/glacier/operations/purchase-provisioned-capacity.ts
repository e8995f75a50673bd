import { string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId } from "../shapes.ts";

export const purchaseProvisionedCapacity: GlacierOperation = operation({
  name: "PurchaseProvisionedCapacity",
  http: { method: "POST", path: "/{accountId}/provisioned-capacity", status: 201 },
  input: { accountId },
  output: { capacityId: string({ in: "header", name: "x-amz-capacity-id" }) },
  errors: [
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "LimitExceededException",
  ],
  async handler(_input, { archive }) {
    return archive.purchaseProvisionedCapacity();
  },
});
