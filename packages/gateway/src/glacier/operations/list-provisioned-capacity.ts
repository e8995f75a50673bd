import { list, string, structure, timestamp } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId } from "../shapes.ts";

export const listProvisionedCapacity: GlacierOperation = operation({
  name: "ListProvisionedCapacity",
  http: { method: "GET", path: "/{accountId}/provisioned-capacity" },
  input: { accountId },
  output: {
    ProvisionedCapacityList: list(
      structure({
        CapacityId: string(),
        StartDate: timestamp({ format: "iso8601" }),
        ExpirationDate: timestamp({ format: "iso8601" }),
      }),
    ),
  },
  errors: ["InvalidParameterValueException", "MissingParameterValueException"],
  async handler(_input, { archive }) {
    const units = await archive.listProvisionedCapacity();
    const ProvisionedCapacityList = units.map((unit) => ({
      CapacityId: unit.capacityId,
      StartDate: unit.startDate,
      ExpirationDate: unit.expirationDate,
    }));
    return { ProvisionedCapacityList };
  },
});
