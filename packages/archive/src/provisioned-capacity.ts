import type { Transaction } from "@firn/core";
import {
  CAPACITY_UNITS_MAX,
  EXPEDITED_PER_UNIT,
  EXPEDITED_WINDOW_MS,
  LOCK_ID_CHARS,
} from "./constants.ts";
import { archiveError } from "./errors.ts";
import { drawId } from "./identifiers.ts";
import { decode, encode, read, rootKeys } from "./records.ts";
import type { Scope } from "./records.ts";
import { guardAccount } from "./vault-access.ts";
import type { Session } from "./vault-access.ts";

/**
 * A unit of capacity for Expedited retrievals: three every five minutes are certain to be taken,
 * whatever `expeditedOnDemand` of the engine leaves to those without.
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
  guardAccount(session, "PurchaseProvisionedCapacity");
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

/** When Expedited retrievals began, no longer ago than the window; milliseconds since 1970 UTC. */
interface ExpeditedRecord {
  readonly starts: readonly number[];
}

/** Expedited retrievals of an account in a region, of vaults and of whoever else asks. */
export class ExpeditedCapacity {
  readonly #open: () => Session;

  constructor(open: () => Session) {
    this.#open = open;
  }

  /**
   * Takes one in the caller's transaction, of the same store; `false`: none is left. Where there is
   * no bound, nothing is read or kept.
   */
  take(tx: Transaction, owner: Pick<Scope, "accountId" | "region">): boolean {
    const { root, expeditedOnDemand } = this.#open();
    if (expeditedOnDemand === undefined) return true;
    const units = active(read<CapacityRecord>(tx, root, rootKeys.capacity(owner)), tx.now);
    const key = rootKeys.expedited(owner);
    const starts = (read<ExpeditedRecord>(tx, root, key)?.starts ?? []).filter(
      (time) => time > tx.now - EXPEDITED_WINDOW_MS,
    );
    if (starts.length >= expeditedOnDemand + units.length * EXPEDITED_PER_UNIT) return false;
    tx.put(root, key, encode({ starts: [...starts, tx.now] } satisfies ExpeditedRecord));
    return true;
  }
}

/** @throws FIRN_EXPEDITED_UNAVAILABLE when what was bought and what is there on demand is spent. */
export function spendExpedited(session: Session, tx: Transaction): void {
  if (new ExpeditedCapacity(() => session).take(tx, session.scope)) return;
  const message =
    "There is insufficient capacity to process this Expedited request; buy provisioned " +
    "capacity, or use another tier";
  throw archiveError("FIRN_EXPEDITED_UNAVAILABLE", message);
}

export async function listProvisionedCapacity(
  session: Session,
): Promise<readonly ProvisionedCapacity[]> {
  guardAccount(session, "ListProvisionedCapacity");
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
