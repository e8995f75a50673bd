import type { ObjectRecord } from "../layout/records.ts";
import type { Tags } from "../tags.ts";
import { isCold, mayTransition } from "./storage-classes.ts";
import type { StorageClass } from "./storage-classes.ts";
import type {
  ExpirationNotice,
  LifecycleConfiguration,
  LifecycleRule,
  NoncurrentExpiration,
} from "./lifecycle-types.ts";

/** What the rules of a lifecycle say of one thing. Pure: they look at no clock and no store. */

export const DAY_MS = 86_400_000;
/** Smaller objects stay where they are, unless a rule names a size of its own. */
const TRANSITION_BYTES_MIN: number = 128 * 1024;

/** What the rules look at of a version. */
export type Ruled = Pick<ObjectRecord, "size" | "tags" | "lastModified">;

/** What the filters look at. */
export interface Filtered {
  readonly key: string;
  readonly size: number;
  readonly tags?: Tags | undefined;
}

/** Rules that are on and that speak of it. */
export function rulesFor(
  { rules }: LifecycleConfiguration,
  thing: Filtered,
): readonly LifecycleRule[] {
  return rules.filter((rule) => rule.status === "Enabled" && matches(rule, thing));
}

/** As S3 counts: whole days on, then to the next midnight UTC. */
export function daysAfter(time: number, days: number): number {
  return Math.ceil((time + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** When the current version ends, and by which rule: the earliest of them. */
export function expirationOf(
  configuration: LifecycleConfiguration,
  key: string,
  record: Ruled,
): ExpirationNotice | undefined {
  let earliest: ExpirationNotice | undefined;
  for (const rule of rulesFor(configuration, filteredOf(key, record))) {
    const due = currentDue(rule.expiration, record.lastModified);
    if (due === undefined || (earliest && earliest.expiryDate.getTime() <= due)) continue;
    earliest = { expiryDate: new Date(due), ruleId: rule.id ?? "" };
  }
  return earliest;
}

/** When an upload is aborted, and by which rule. */
export function abortOf(
  configuration: LifecycleConfiguration,
  key: string,
  initiated: number,
): ExpirationNotice | undefined {
  let earliest: ExpirationNotice | undefined;
  for (const rule of rulesFor(configuration, { key, size: 0 })) {
    const days = rule.abortIncompleteMultipartUpload?.daysAfterInitiation;
    if (days === undefined) continue;
    const due = daysAfter(initiated, days);
    if (earliest && earliest.expiryDate.getTime() <= due) continue;
    earliest = { expiryDate: new Date(due), ruleId: rule.id ?? "" };
  }
  return earliest;
}

/** A version that a newer one has replaced. */
export interface Noncurrent {
  readonly key: string;
  readonly record: Ruled & Pick<ObjectRecord, "storageClass">;
  /** When the newer one was written; milliseconds since 1970 UTC. */
  readonly since: number;
  /** Noncurrent versions of the key that are newer. */
  readonly newer: number;
}

export function isNoncurrentExpired(
  configuration: LifecycleConfiguration,
  { key, record, since, newer }: Noncurrent,
  now: number,
): boolean {
  return rulesFor(configuration, filteredOf(key, record)).some(
    ({ noncurrentVersionExpiration: of }) => of !== undefined && isPast(of, { since, newer, now }),
  );
}

/** The coldest class that is due, if the object may go there. */
export function transitionOf(
  configuration: LifecycleConfiguration,
  {
    key,
    record,
    now,
  }: { readonly key: string; readonly record: ObjectRecord; readonly now: number },
): StorageClass | undefined {
  const due: StorageClass[] = [];
  for (const rule of rulesFor(configuration, filteredOf(key, record))) {
    for (const transition of rule.transitions ?? []) {
      const at = currentDue(transition, record.lastModified);
      if (at === undefined || at > now) continue;
      if (isLargeEnough(configuration, rule, { transition, record }))
        due.push(transition.storageClass);
    }
  }
  return coldest(record.storageClass, due);
}

export function noncurrentTransitionOf(
  configuration: LifecycleConfiguration,
  { key, record, since, newer }: Noncurrent,
  now: number,
): StorageClass | undefined {
  const due: StorageClass[] = [];
  for (const rule of rulesFor(configuration, filteredOf(key, record))) {
    for (const transition of rule.noncurrentVersionTransitions ?? []) {
      if (!isPast(transition, { since, newer, now })) continue;
      if (isLargeEnough(configuration, rule, { transition, record }))
        due.push(transition.storageClass);
    }
  }
  return coldest(record.storageClass, due);
}

/** Whether a delete marker that hides nothing goes: because it is asked for, or for its age. */
export function isMarkerExpired(
  configuration: LifecycleConfiguration,
  { key, lastModified }: { readonly key: string; readonly lastModified: number },
  now: number,
): boolean {
  return rulesFor(configuration, { key, size: 0 }).some(({ expiration }) => {
    if (expiration?.expiredObjectDeleteMarker === true) return true;
    const { days } = expiration ?? {};
    return days !== undefined && daysAfter(lastModified, days) <= now;
  });
}

function filteredOf(key: string, { size, tags }: Ruled): Filtered {
  return { key, size, tags };
}

function matches(
  { prefix, filter = {} }: LifecycleRule,
  { key, size, tags = {} }: Filtered,
): boolean {
  const { and, tag } = filter;
  const wanted: Tags = { ...and?.tags, ...(tag && { [tag.key]: tag.value }) };
  const more = and?.objectSizeGreaterThan ?? filter.objectSizeGreaterThan ?? -1;
  const less = and?.objectSizeLessThan ?? filter.objectSizeLessThan ?? Infinity;
  return (
    key.startsWith(prefix ?? and?.prefix ?? filter.prefix ?? "") &&
    size > more &&
    size < less &&
    Object.entries(wanted).every(([name, value]) => tags[name] === value)
  );
}

function currentDue(
  of: { readonly days?: number | undefined; readonly date?: number | undefined } | undefined,
  lastModified: number,
): number | undefined {
  if (of?.date !== undefined) return of.date;
  return of?.days === undefined ? undefined : daysAfter(lastModified, of.days);
}

interface Moment {
  readonly since: number;
  readonly newer: number;
  readonly now: number;
}

function isPast(
  { noncurrentDays, newerNoncurrentVersions = 0 }: NoncurrentExpiration,
  { since, newer, now }: Moment,
): boolean {
  return newer >= newerNoncurrentVersions && daysAfter(since, noncurrentDays) <= now;
}

interface Move {
  readonly transition: { readonly storageClass: StorageClass };
  readonly record: Ruled;
}

function isLargeEnough(
  { transitionDefaultMinimumObjectSize: minimum }: LifecycleConfiguration,
  { filter }: LifecycleRule,
  { transition: { storageClass }, record: { size } }: Move,
): boolean {
  const own = filter?.and ?? filter;
  const namesSize = (own?.objectSizeGreaterThan ?? own?.objectSizeLessThan) !== undefined;
  const anySize = minimum === "varies_by_storage_class" && isCold(storageClass);
  return namesSize || anySize || size >= TRANSITION_BYTES_MIN;
}

function coldest(from: StorageClass, due: readonly StorageClass[]): StorageClass | undefined {
  let found: StorageClass | undefined;
  for (const to of due) {
    if (mayTransition(from, to) && (found === undefined || mayTransition(found, to))) found = to;
  }
  return found;
}
