import { list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";

export interface ProductCode {
  readonly ProductCodeId?: string | undefined;
  readonly ProductCodeType?: string | undefined;
}

/** Codes of AWS's marketplace: there are none here. */
export const productCodes: Shape<readonly ProductCode[], false> = list(
  structure({
    ProductCodeId: string({ name: "productCode" }),
    ProductCodeType: string({ name: "type" }),
  }),
  { name: "productCodes", item: "item" },
);
