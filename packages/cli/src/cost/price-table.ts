import { readFile } from "node:fs/promises";
import { CommandError } from "../command-error.ts";
import listPrices from "./prices.json" with { type: "json" };

/** US dollars (or what the table says); a GB is 2^30 bytes, as AWS bills it. */
export interface ItemPrice {
  readonly perGbMonth?: number | undefined;
  /** Of a capacity unit, an operation or a MiB per second. */
  readonly perUnitMonth?: number | undefined;
  /** Deleted before so many days, it is billed for them all the same. */
  readonly minimumDays?: number | undefined;
  /** Billed in addition for each object, at the item's own price. */
  readonly overheadBytes?: number | undefined;
  /** The same at the price of `warmItem`. */
  readonly warmOverheadBytes?: number | undefined;
  readonly warmItem?: string | undefined;
  /** Of what was fetched in the month. */
  readonly perGb?: number | undefined;
  /** Of requests and retrievals of the month. */
  readonly perThousand?: number | undefined;
}

export interface ItemPrices {
  /** When the prices were written down. */
  readonly date: string;
  readonly source: string;
  readonly region: string;
  readonly currency: string;
  /** By service and item: `s3 storage GLACIER`. */
  readonly items: Readonly<Record<string, ItemPrice>>;
}

const LIST_PRICES: ItemPrices = listPrices;

/**
 * The list prices of `prices.json`, with what a file of the same form says instead, item by item.
 * @throws CommandError 2.
 */
export async function readItemPrices(file: string | undefined): Promise<ItemPrices> {
  if (file === undefined) return LIST_PRICES;
  let own: Partial<ItemPrices>;
  try {
    own = JSON.parse(await readFile(file, "utf8")) as Partial<ItemPrices>;
  } catch (error) {
    throw new CommandError(2, `No prices can be read from ${file}: ${(error as Error).message}`);
  }
  const items = { ...LIST_PRICES.items, ...own.items };
  for (const [item, price] of Object.entries(items)) checkPrice(item, price);
  return { ...LIST_PRICES, source: file, ...own, items };
}

function checkPrice(item: string, price: ItemPrice): void {
  const { warmItem: _, ...numbers } = price;
  const isFine = Object.values(numbers).every((value) => typeof value === "number" && value >= 0);
  if (!isFine) throw new CommandError(2, `The price of "${item}" must be of numbers above 0.`);
}
