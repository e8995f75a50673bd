/** Keeping a volume's past: anchors are taken, and go when they have left the window. */
import type { Transaction } from "@firn/core";
import {
  idOfKey,
  kindRange,
  scopeOfKey,
  type CatalogTransaction,
  type VolumeRecord,
} from "./catalog.ts";
import { HISTORIES_MAX, HISTORY_SECONDS_MAX, HISTORY_SECONDS_MIN } from "./constants.ts";
import { describeVolume, type VolumeDescription } from "./descriptions.ts";
import { existingVolume, volumeNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import {
  isAnchorDue,
  isAnchorPast,
  trimmed,
  type AnchorRecord,
  type HistoryRecord,
} from "./history-record.ts";
import type { Lineage } from "./lineage.ts";
import { SMALL_ROOM } from "./lineage.ts";
import { dropMembers, memberKey, memberValue } from "./members.ts";

export interface SetRetentionOptions {
  readonly volumeId: string;
  /** How much of the past is kept at the least: 60 to 31,536,000, or 0 for nothing. */
  readonly seconds: number;
}

/**
 * Keeps the volume's past from now on, or more or less of it, or nothing: then it is gone at once.
 * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_PARAMETER, FIRN_VOLUME_HISTORY_LIMIT.
 */
export async function setRetention(
  context: EngineContext,
  { volumeId, seconds }: SetRetentionOptions,
): Promise<VolumeDescription> {
  checkSeconds(seconds);
  const { histories } = context.state;
  return histories.alone(volumeId, async () => {
    const record = await context.volume(volumeId);
    if (seconds === 0) {
      histories.forget(volumeId);
      context.state.moments.forget(volumeId);
      return changeHistory(context, volumeId, () => undefined);
    }
    const ms = seconds * 1000;
    histories.checkRoom(volumeId);
    const described =
      record.history === undefined
        ? await takeAnchor(context, record, ms)
        : await changeHistory(context, volumeId, (history, nowMs) =>
            trimmed({ ...history, ms }, nowMs),
          );
    histories.tend(context, volumeId, ms);
    return described;
  });
}

/** When the engine opens: what is due meanwhile is done at once. */
export async function startHistories(context: EngineContext): Promise<void> {
  const { store, catalog, histories } = context.state;
  const view = store.view();
  try {
    const page = { ...kindRange("history"), limit: HISTORIES_MAX };
    for (const { key } of await view.page(catalog, page)) {
      histories.tend(context.in(scopeOfKey(key)), idOfKey(key), 0, 0);
    }
  } finally {
    view.close();
  }
}

/** What is due of one volume's history. Returns how much it keeps, in milliseconds. */
export async function tendHistory(
  context: EngineContext,
  volumeId: string,
): Promise<number | undefined> {
  const record = await context.find<VolumeRecord>("volume", volumeId);
  if (record?.history === undefined) return undefined;
  const { history, space } = record;
  const nowMs = context.store.clock.now();
  const newest = history.anchors.at(-1) as AnchorRecord;
  // What nobody has written to since is read from the newest anchor, however old that is.
  const isIdle = (await context.store.stream(space).lastLsn()) <= newest.lsn;
  if (isAnchorDue(history, nowMs) && !isIdle) await takeAnchor(context, record, history.ms);
  else if (isAnchorPast(history, nowMs)) await changeHistory(context, volumeId, trimmed);
  return history.ms;
}

/** The first one begins a history of `ms`; each later one may end the oldest. */
async function takeAnchor(
  context: EngineContext,
  record: VolumeRecord,
  ms: number,
): Promise<VolumeDescription> {
  const { volumeId, head } = record;
  const lease = await context.lineages.acquire(record);
  try {
    const { lineage } = lease;
    const room = await lineage.room(SMALL_ROOM);
    const version = lineage.versions.get(head);
    if (version === undefined) {
      room.release();
      throw volumeNotFound(volumeId);
    }
    const anchor = lineage.anchor(room, version);
    const take = { volumeId, ms, anchor };
    const named = await nameAnchor(context, take).catch((error: unknown) => {
      lineage.remove(anchor.version);
      if (record.history === undefined) lineage.keepWhole(head, undefined);
      throw error;
    });
    await leave(context, named, lineage);
    return describeVolume(named.record);
  } finally {
    lease.release();
  }
}

/** A volume's new record, and the anchors that it has no longer. */
interface Named {
  readonly record: VolumeRecord;
  readonly dropped: readonly AnchorRecord[];
}

function nameAnchor(
  context: EngineContext,
  taken: { volumeId: string; ms: number; anchor: { version: number; lsn: number } },
): Promise<Named> {
  const { volumeId, ms, anchor } = taken;
  return context.transact([["volume", volumeId]], (catalog, tx) => {
    const current = existingVolume(catalog.volume(volumeId), volumeId);
    const { space, head, performance } = current;
    const before = current.history ?? begun(ms, performance.sizeGiB, tx.now);
    const anchors = [...before.anchors, { ...anchor, time: tx.now }];
    const { history, dropped } = trimmed({ ...before, anchors }, tx.now);
    tx.put(space, memberKey(anchor.version), memberValue(anchor.version, { ...anchor, head }));
    catalog.put("history", volumeId, true);
    return named({ ...current, history }, dropped, { catalog, tx });
  });
}

function begun(ms: number, sizeGiB: number, time: number): HistoryRecord {
  return { ms, anchors: [], sizes: [{ time, sizeGiB }] };
}

/** Without another anchor; `undefined` ends it. */
async function changeHistory(
  context: EngineContext,
  volumeId: string,
  change: (
    history: HistoryRecord,
    nowMs: number,
  ) => { history: HistoryRecord; dropped: readonly AnchorRecord[] } | undefined,
): Promise<VolumeDescription> {
  const changed = await context.transact([["volume", volumeId]], (catalog, tx) => {
    const current = existingVolume(catalog.volume(volumeId), volumeId);
    const { history: before } = current;
    if (before === undefined) return { record: current, dropped: [] };
    const left = change(before, tx.now);
    if (left !== undefined) {
      return named({ ...current, history: left.history }, left.dropped, { catalog, tx });
    }
    catalog.delete("history", volumeId);
    const { history: _history, ...record } = current;
    return named(record, before.anchors, { catalog, tx });
  });
  await leave(context, changed);
  return describeVolume(changed.record);
}

function named(
  record: VolumeRecord,
  dropped: readonly AnchorRecord[],
  { catalog, tx }: { readonly catalog: CatalogTransaction; readonly tx: Transaction },
): Named {
  catalog.put("volume", record.volumeId, record);
  const versions = dropped.map(({ version }) => version);
  // The volume's own head is a member: the key space stays.
  if (versions.length > 0) dropMembers(tx, record.space, versions);
  return { record, dropped };
}

/** The catalog has let anchors go: so may the map, and compaction. */
async function leave(context: EngineContext, changed: Named, lineage?: Lineage): Promise<void> {
  const { record, dropped } = changed;
  if (dropped.length === 0) return;
  const { space, salt, head, history } = record;
  const from = history?.anchors[0]?.lsn;
  if (lineage === undefined)
    await context.lineages.ifOpen(space, (open) => open.keepWhole(head, from));
  else lineage.keepWhole(head, from);
  const versions = dropped.map(({ version }) => version);
  await context.lineages.membersLeft({ space, salt, versions, dropped: false });
}

function checkSeconds(seconds: number): void {
  if (seconds === 0) return;
  const whole = Number.isSafeInteger(seconds);
  if (whole && seconds >= HISTORY_SECONDS_MIN && seconds <= HISTORY_SECONDS_MAX) return;
  const text =
    `A volume's history is 0 or ${HISTORY_SECONDS_MIN} to ${HISTORY_SECONDS_MAX} seconds, ` +
    `not ${seconds}.`;
  throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "seconds" } });
}
