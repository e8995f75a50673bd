import { CAPACITY_UNITS_MAX, LOCK_ID_CHARS } from "./constants.ts";
import { archiveError } from "./errors.ts";
import { drawId } from "./identifiers.ts";
import { decode, encode, read, rootKeys } from "./records.ts";
import type { Session } from "./vault-access.ts";

/**
 * A unit of capacity for Expedited retrievals. Firn never runs out of it, so a unit changes nothing
 * but what the list says; it is kept for programs that buy and list.
 */
export interface ProvisionedCapacity {
  readonly capacityId: string;
  /** Milliseconds since 1970 UTC. */
  readonly startDate: number;
  readonly expirationDate: number;
}

interface CapacityRecord {
  readonly units: readonly ProvisionedCapacity[];
}

export async function purchaseProvisionedCapacity(
  session: Session,
): Promise<{ readonly capacityId: string }> {
  const { store, root, scope } = session;
  const capacityId = drawId(store.random, LOCK_ID_CHARS);
  const key = rootKeys.capacity(scope);
  await store.transact(
    (tx) => {
      const units = active(read<CapacityRecord>(tx, root, key), tx.now);
      if (units.length >= CAPACITY_UNITS_MAX) {
        const message = `The account has ${CAPACITY_UNITS_MAX} provisioned capacity units already`;
        throw archiveError("FIRN_CAPACITY_LIMIT", message);
      }
      const unit = { capacityId, startDate: tx.now, expirationDate: oneMonthAfter(tx.now) };
      tx.put(root, key, encode({ units: [...units, unit] }));
    },
    { reads: [[root, key]] },
  );
  return { capacityId };
}

export async function listProvisionedCapacity(
  session: Session,
): Promise<readonly ProvisionedCapacity[]> {
  const { store, root, scope } = session;
  const found = await store.get(root, rootKeys.capacity(scope));
  return active(found && decode<CapacityRecord>(found), store.clock.now());
}

/** The same day and time a month on; where the month lacks that day, its last one. */
export function oneMonthAfter(timeMs: number): number {
  const date = new Date(timeMs);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + 1);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
  date.setUTCDate(Math.min(day, lastDay.getUTCDate()));
  return date.getTime();
}

function active(record: CapacityRecord | undefined, now: number): readonly ProvisionedCapacity[] {
  return record?.units.filter((unit) => unit.expirationDate > now) ?? [];
}
