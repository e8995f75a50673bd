import type { ChangeBatch } from "../streams/consumers.ts";
import type { ChangeEvent } from "../streams/change-record.ts";
import type { StreamRecord } from "../streams/stream-requests.ts";
import { parseItem } from "../value/attribute-value.ts";
import type { ItemText } from "../engine/requests.ts";
import type { NumberForm, PlainItem } from "./plain-values.ts";
import { fromAttributes } from "./plain-values.ts";

/** A change of an item, with plain values. */
export interface ItemChange<T = PlainItem> {
  readonly event: ChangeEvent;
  readonly key: PlainItem;
  /** The item afterwards and before, as far as the stream's view shows them. */
  readonly newImage?: T | undefined;
  readonly oldImage?: T | undefined;
  /** Milliseconds since 1970 UTC of its commit. */
  readonly timeMs: number;
  /** The same whenever the change is told again. */
  readonly sequenceNumber: string;
  /** Deleted because its time to live was over. */
  readonly expired: boolean;
}

/** Changes that an application gets at a time. */
export interface ItemChanges<T = PlainItem> {
  readonly changes: readonly ItemChange<T>[];
  /** Changes before these were not read within 24 hours, and may be gone. */
  readonly missed: boolean;
}

export async function* plainChanges<T>(
  batches: AsyncGenerator<ChangeBatch>,
  numbers: NumberForm,
): AsyncGenerator<ItemChanges<T>> {
  for await (const { records, missed } of batches) {
    yield { changes: records.map((record) => plainChange<T>(record, numbers)), missed };
  }
}

function plainChange<T>(record: StreamRecord, numbers: NumberForm): ItemChange<T> {
  // The caller's own claim of what the item is.
  const image = (text: ItemText | undefined): T | undefined =>
    text === undefined ? undefined : (fromAttributes(parseItem(text), numbers) as T);
  return {
    event: record.eventName,
    key: fromAttributes(parseItem(record.keys), numbers),
    newImage: image(record.newImage),
    oldImage: image(record.oldImage),
    timeMs: record.approximateCreationDateTime,
    sequenceNumber: record.sequenceNumber,
    expired: record.userIdentity !== undefined,
  };
}
