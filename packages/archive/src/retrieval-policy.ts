import { monthOf } from "@firn/core";
import type { MonthlyUse, Transaction } from "@firn/core";
import { FREE_TIER_BYTES, RETRIEVAL_WINDOW_MS } from "./constants.ts";
import type { RetrievalTier } from "./constants.ts";
import { archiveError, invalid, missing } from "./errors.ts";
import { noteUse } from "./monthly-use.ts";
import { spendExpedited } from "./provisioned-capacity.ts";
import { decode, encode, read, rootKeys } from "./records.ts";
import { guardAccount } from "./vault-access.ts";
import type { Session } from "./vault-access.ts";

/**
 * How much may be retrieved with the Standard tier, for one account and region; AWS bounds no
 * other.
 * @see https://docs.aws.amazon.com/amazonglacier/latest/dev/data-retrieval-policy.html
 */
export interface DataRetrievalRule {
  /** BytesPerHour, FreeTier (10 GiB a month) or None (no bound). */
  readonly strategy: string;
  /** Only with the strategy BytesPerHour, and needed there: 1 or more. */
  readonly bytesPerHour?: number | undefined;
}

/** A policy has exactly one rule. */
export interface DataRetrievalPolicy {
  readonly rules: readonly DataRetrievalRule[];
}

/** What was retrieved with the Standard tier, by minute for the last hour. */
interface RetrievedRecord {
  readonly minutes: readonly (readonly [minute: number, bytes: number])[];
}

const MINUTE_MS = 60_000;

export async function getDataRetrievalPolicy(session: Session): Promise<DataRetrievalPolicy> {
  const { store, root, scope } = session;
  guardAccount(session, "GetDataRetrievalPolicy");
  const found = await store.get(root, rootKeys.retrievalPolicy(scope));
  return found ? decode<DataRetrievalPolicy>(found) : { rules: [{ strategy: "None" }] };
}

export async function setDataRetrievalPolicy(
  session: Session,
  policy: DataRetrievalPolicy,
): Promise<void> {
  const { store, root, scope } = session;
  guardAccount(session, "SetDataRetrievalPolicy");
  const [rule, ...more] = policy.rules;
  if (rule === undefined) throw missing("Policy.Rules");
  if (more.length > 0) throw invalid("Invalid policy: exactly one rule is allowed");
  checkRule(rule);
  await store.transact((tx) =>
    tx.put(root, rootKeys.retrievalPolicy(scope), encode({ rules: [rule] })),
  );
}

/**
 * Counts a retrieval, in the transaction that starts its job: whether a policy is set or not, so
 * that one set later knows of the month's retrievals, and a bill of all.
 * @throws FIRN_RETRIEVAL_DENIED when a Standard one would exceed what the policy lets,
 *   FIRN_EXPEDITED_UNAVAILABLE.
 */
export function spendRetrieval(
  session: Session,
  tx: Transaction,
  { tier, bytes }: { readonly tier: RetrievalTier; readonly bytes: number },
): void {
  if (tier === "Standard") spendStandard(session, tx, bytes);
  if (tier === "Expedited") spendExpedited(session, tx);
  noteUse(session, tx, { [itemOf(tier)]: { count: 1, bytes } });
}

function itemOf(tier: RetrievalTier): string {
  return `retrieval VAULT ${tier}`;
}

function spendStandard({ root, scope }: Session, tx: Transaction, bytes: number): void {
  const key = rootKeys.retrieved(scope);
  const minutes = lastHour(read<RetrievedRecord>(tx, root, key), tx.now);
  const policy = read<DataRetrievalPolicy>(tx, root, rootKeys.retrievalPolicy(scope));
  const use = read<MonthlyUse>(tx, root, rootKeys.use(scope));
  const [spent, allowed] = boundOf(policy?.rules[0], minutes, use?.[monthOf(tx.now)]);
  if (spent + bytes > allowed) {
    const message = "InitiateJob request denied by current data retrieval policy.";
    throw archiveError("FIRN_RETRIEVAL_DENIED", message, { detail: { spent, bytes, allowed } });
  }
  const minute = Math.floor(tx.now / MINUTE_MS);
  minutes.set(minute, (minutes.get(minute) ?? 0) + bytes);
  tx.put(root, key, encode({ minutes: [...minutes] } satisfies RetrievedRecord));
}

function boundOf(
  rule: DataRetrievalRule | undefined,
  minutes: ReadonlyMap<number, number>,
  month: MonthlyUse[string] | undefined,
): readonly [spent: number, allowed: number] {
  switch (rule?.strategy) {
    case "FreeTier":
      return [month?.[itemOf("Standard")]?.bytes ?? 0, FREE_TIER_BYTES];
    case "BytesPerHour":
      return [[...minutes.values()].reduce((sum, spent) => sum + spent, 0), rule.bytesPerHour ?? 0];
    default:
      return [0, Infinity];
  }
}

function checkRule(rule: DataRetrievalRule): void {
  const { strategy, bytesPerHour } = rule;
  if (!["BytesPerHour", "FreeTier", "None"].includes(strategy)) {
    throw invalid(`Invalid Strategy: ${strategy.slice(0, 100)}`);
  }
  if (strategy !== "BytesPerHour") {
    if (bytesPerHour === undefined) return;
    throw invalid("BytesPerHour is only for the strategy BytesPerHour");
  }
  if (bytesPerHour === undefined) throw missing("BytesPerHour");
  if (!(Number.isSafeInteger(bytesPerHour) && bytesPerHour >= 1)) {
    throw invalid(`Invalid BytesPerHour: ${bytesPerHour}`);
  }
}

function lastHour(record: RetrievedRecord | undefined, now: number): Map<number, number> {
  const since = Math.floor((now - RETRIEVAL_WINDOW_MS) / MINUTE_MS);
  return new Map(record?.minutes.filter(([minute]) => minute > since));
}
