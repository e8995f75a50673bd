import type { PageAnswer } from "@firn/tables";
import type { ReadyBody } from "@firn/wire";
import { capacityOf, ItemList, readyAnswer } from "./answers.ts";

/** The answer of Query and Scan. */
export function pageAnswer(page: PageAnswer): ReadyBody {
  return readyAnswer({
    Items: page.items === undefined ? undefined : new ItemList(page.items),
    Count: page.count,
    ScannedCount: page.scannedCount,
    LastEvaluatedKey: page.lastEvaluatedKey,
    ConsumedCapacity: capacityOf(page.consumedCapacity),
  });
}
