/** Deleted snapshots that a retention rule keeps for a while, whole, out of sight. */
import { unpackValue, type Transaction } from "@firn/core";
import { noteLeaving } from "./monthly-use.ts";
import {
  kindRange,
  scopeOfKey,
  type CatalogTransaction,
  type RetentionRule,
  type Scope,
  type SnapshotRecord,
  type Tag,
} from "./catalog.ts";
import { BIN_SWEEP_MAX, DAY_MS, RULE_DAYS_MAX, RULES_MAX } from "./constants.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { dropMembers } from "./members.ts";

export interface RetentionRuleOptions {
  readonly description?: string | undefined;
  /** 1 to 365. */
  readonly retentionDays: number;
  /** Snapshots with one of these tags; without any, all that have no excluded tag. */
  readonly resourceTags?: readonly Tag[] | undefined;
  readonly excludeResourceTags?: readonly Tag[] | undefined;
}

/** What of a rule is to be another; the rest stays. */
export type RetentionRuleChange = {
  readonly [K in keyof RetentionRuleOptions]?: RetentionRuleOptions[K] | undefined;
};

/** When a snapshot that is deleted now leaves the bin; `undefined` when no rule keeps it. */
export function binExitTime(
  record: SnapshotRecord,
  rules: readonly RetentionRule[],
  nowMs: number,
): number | undefined {
  const days = rules.filter((rule) => keeps(rule, record.tags)).map((rule) => rule.retentionDays);
  return days.length === 0 ? undefined : nowMs + Math.max(...days) * DAY_MS;
}

function keeps(rule: RetentionRule, tags: readonly Tag[]): boolean {
  const has = (wanted: Tag): boolean =>
    tags.some(({ key, value }) => key === wanted.key && value === wanted.value);
  if (rule.resourceTags.length > 0) return rule.resourceTags.some(has);
  return !rule.excludeResourceTags.some(has);
}

/** Back to where it was. @throws FIRN_SNAPSHOT_NOT_FOUND. */
export function restoreFromBin(
  context: EngineContext,
  snapshotId: string,
): Promise<SnapshotDescription> {
  return context.transact([["binned", snapshotId]], (catalog, tx) => {
    const found = catalog.binned(snapshotId);
    if (found === undefined || hasLeft(found, tx.now)) throw snapshotNotFound(snapshotId);
    const { binned: _binned, ...record } = found;
    catalog.delete("binned", snapshotId);
    catalog.put("snapshot", snapshotId, record);
    return describeSnapshot(record, context.scope.accountId);
  });
}

export function hasLeft({ binned }: Pick<SnapshotRecord, "binned">, nowMs: number): boolean {
  return binned !== undefined && binned.exitTime <= nowMs;
}

/** Deletes for good what has left the bins, of all accounts and regions. */
export async function sweepBins(context: EngineContext): Promise<void> {
  const { store, catalog } = context.state;
  const nowMs = store.clock.now();
  const gone: { readonly snapshotId: string; readonly scope: Scope }[] = [];
  const view = store.view();
  try {
    const page = { ...kindRange("binned"), limit: BIN_SWEEP_MAX };
    for (const { key, value } of await view.page(catalog, page)) {
      const record = unpackValue<SnapshotRecord>(value);
      const { snapshotId } = record;
      if (hasLeft(record, nowMs)) gone.push({ snapshotId, scope: scopeOfKey(key) });
    }
  } finally {
    view.close();
  }
  for (const { snapshotId, scope } of gone) await purge(context.in(scope), snapshotId);
}

async function purge(context: EngineContext, snapshotId: string): Promise<void> {
  const left = await context.transact([["binned", snapshotId]], (catalog, tx) => {
    const record = catalog.binned(snapshotId);
    if (record === undefined || !hasLeft(record, tx.now)) return undefined;
    const dropped = removeSnapshot(record, catalog, tx);
    return { ...record, versions: [record.version], dropped };
  });
  if (left !== undefined) await context.lineages.membersLeft(left);
}

/** Takes a snapshot out of the catalog and its lineage. Returns whether the lineage went too. */
export function removeSnapshot(
  record: SnapshotRecord,
  catalog: CatalogTransaction,
  tx: Transaction,
): boolean {
  const { snapshotId, upload, uploaded } = record;
  noteLeaving(catalog, record, tx.now);
  catalog.delete(record.binned === undefined ? "snapshot" : "binned", snapshotId);
  const clientToken = upload?.clientToken ?? uploaded?.clientToken ?? "";
  if (clientToken !== "") catalog.delete("uploadToken", clientToken);
  if (upload !== undefined) {
    catalog.delete("pending", snapshotId);
    tx.dropKeySpace(upload.blocks);
  }
  return dropMembers(tx, record.space, [record.version]);
}

/** @throws FIRN_RULE_LIMIT, FIRN_VOLUME_PARAMETER. */
export async function putRule(
  context: EngineContext,
  ruleId: string | undefined,
  options: RetentionRuleChange,
): Promise<RetentionRule> {
  const id = ruleId ?? newRuleId(context);
  return context.transact([["rule", id]], (catalog) => {
    const before = catalog.rule(id);
    if (before === undefined && ruleId !== undefined) throw ruleNotFound(ruleId);
    if (before === undefined && catalog.count("rule", RULES_MAX) === RULES_MAX) {
      const text = `An account has ${RULES_MAX} rules in a region at the most.`;
      throw volumeError("FIRN_RULE_LIMIT", text);
    }
    const rule: RetentionRule = {
      ruleId: id,
      description: options.description ?? before?.description ?? "",
      retentionDays: options.retentionDays ?? before?.retentionDays ?? 0,
      resourceTags: options.resourceTags ?? before?.resourceTags ?? [],
      excludeResourceTags: options.excludeResourceTags ?? before?.excludeResourceTags ?? [],
    };
    checkRule(rule);
    catalog.put("rule", id, rule);
    return rule;
  });
}

/** @throws FIRN_RULE_NOT_FOUND. */
export async function deleteRule(context: EngineContext, ruleId: string): Promise<void> {
  await context.transact([["rule", ruleId]], (catalog) => {
    if (catalog.rule(ruleId) === undefined) throw ruleNotFound(ruleId);
    catalog.delete("rule", ruleId);
  });
}

export function ruleNotFound(ruleId: string): Error {
  const text = `The rule '${ruleId}' does not exist.`;
  return volumeError("FIRN_RULE_NOT_FOUND", text, { detail: { ruleId } });
}

function checkRule(rule: RetentionRule): void {
  const { retentionDays, resourceTags, excludeResourceTags } = rule;
  const whole = Number.isSafeInteger(retentionDays);
  if (!whole || retentionDays < 1 || retentionDays > RULE_DAYS_MAX) {
    const text = `A rule keeps snapshots for 1 to ${RULE_DAYS_MAX} days.`;
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "retentionDays" } });
  }
  if (resourceTags.length === 0 || excludeResourceTags.length === 0) return;
  const text = "A rule has resource tags or excluded ones, not both.";
  throw volumeError("FIRN_VOLUME_PARAMETER_COMBINATION", text);
}

const RULE_ID_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RULE_ID_LENGTH = 11;

function newRuleId(context: EngineContext): string {
  const drawn = context.store.random.bytes(RULE_ID_LENGTH);
  return Array.from(drawn, (byte) => RULE_ID_LETTERS.charAt(byte % RULE_ID_LETTERS.length)).join(
    "",
  );
}
