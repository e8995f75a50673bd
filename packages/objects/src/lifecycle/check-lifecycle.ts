import { objectError } from "../errors.ts";
import type { ObjectErrorCode } from "../errors.ts";
import { DAY_MS } from "./lifecycle-rules.ts";
import { TRANSITION_DAYS_MIN, mayTransition } from "./storage-classes.ts";
import type {
  LifecycleConfiguration,
  LifecycleExpiration,
  LifecycleRule,
  LifecycleTransition,
  NoncurrentTransition,
} from "./lifecycle-types.ts";

const RULES_MAX = 1000;
const ID_LENGTH_MAX = 255;
const NEWER_VERSIONS_MAX = 100;

/**
 * S3's rules for rules, with its words.
 *
 * @throws FIRN_BUCKET_CONFIGURATION_INVALID, FIRN_OBJECT_ARGUMENT_INVALID,
 * FIRN_OBJECT_REQUEST_INVALID.
 */
export function checkLifecycle({ rules }: LifecycleConfiguration): void {
  if (rules.length === 0 || rules.length > RULES_MAX) throw malformed("1 to 1000 rules");
  const ids = rules.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (ids.some((id) => id.length > ID_LENGTH_MAX)) {
    throw argument(`ID length should not exceed allowed limit of ${ID_LENGTH_MAX}`);
  }
  if (new Set(ids).size < ids.length) {
    throw argument("Rule ID must be unique. Found same ID for one or more rules");
  }
  for (const rule of rules) checkRule(rule);
}

function checkRule(rule: LifecycleRule): void {
  if ((rule.prefix === undefined) === (rule.filter === undefined)) {
    throw malformed("a rule has a prefix or a filter");
  }
  checkFilter(rule);
  const { expiration, transitions = [], noncurrentVersionExpiration: noncurrent } = rule;
  const { noncurrentVersionTransitions: moves = [], abortIncompleteMultipartUpload: abort } = rule;
  if (!expiration && !noncurrent && !abort && transitions.length + moves.length === 0) {
    throw request("At least one action needs to be specified in a rule");
  }
  if (expiration !== undefined) checkExpiration(rule, expiration);
  checkTransitions(rule, transitions);
  if (noncurrent !== undefined) {
    checkPositive(noncurrent.noncurrentDays, "NoncurrentDays", "NoncurrentVersionExpiration");
  }
  for (const { newerNoncurrentVersions: kept } of [...moves, ...(noncurrent ? [noncurrent] : [])]) {
    if (kept === undefined || (kept >= 1 && kept <= NEWER_VERSIONS_MAX)) continue;
    throw argument("'NewerNoncurrentVersions' must be a positive integer up to 100");
  }
  checkNoncurrentTransitions(moves);
  if (abort === undefined) return;
  checkPositive(abort.daysAfterInitiation, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
  refuseNarrow(rule, "AbortIncompleteMultipartUpload");
}

function checkFilter({ filter }: LifecycleRule): void {
  if (filter === undefined) return;
  const said = Object.values(filter).filter((value) => value !== undefined);
  if (said.length > 1) throw malformed("a filter says one thing, or and");
  const { and } = filter;
  const own = and ?? filter;
  const { objectSizeGreaterThan: more, objectSizeLessThan: less } = own;
  if ((more ?? 0) < 0) throw argument("'ObjectSizeGreaterThan' should be a nonnegative integer");
  if ((less ?? 1) < 1) throw argument("'ObjectSizeLessThan' should be a positive integer");
  if (more !== undefined && less !== undefined && less <= more + 1) {
    throw request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'");
  }
  if (and === undefined) return;
  const parts = Object.keys(and.tags ?? {}).length + (and.prefix === undefined ? 0 : 1);
  const sizes = (more === undefined ? 0 : 1) + (less === undefined ? 0 : 1);
  if (parts + sizes < 2) throw malformed("and takes at least two");
}

function checkExpiration(rule: LifecycleRule, expiration: LifecycleExpiration): void {
  const { days, date, expiredObjectDeleteMarker: marker } = expiration;
  const said = [days, date, marker].filter((value) => value !== undefined);
  if (said.length !== 1) throw malformed("an expiration has one of three");
  if (days !== undefined) checkPositive(days, "Days", "Expiration");
  checkMidnight(date);
  if (marker === true) refuseNarrow(rule, "ExpiredObjectDeleteMarker");
}

function checkTransitions(
  { expiration }: LifecycleRule,
  transitions: readonly LifecycleTransition[],
): void {
  checkClasses(transitions, "Transition");
  for (const { days, date, storageClass } of transitions) {
    if ((days === undefined) === (date === undefined)) throw malformed("days or date");
    checkMidnight(date);
    if (days !== undefined) checkDays(days, storageClass, { days: "Days", of: "Transition" });
  }
  const timed = [...transitions, ...(expiration ? [expiration] : [])];
  const byDate = timed.some(({ date }) => date !== undefined);
  if (byDate && timed.some(({ days }) => days !== undefined)) {
    throw request(
      "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule",
    );
  }
  const time = (one: { readonly days?: number | undefined; readonly date?: number | undefined }) =>
    one.days ?? one.date;
  checkOrder(transitions.map((one) => ({ time: time(one) ?? 0, to: one.storageClass })));
  const end = expiration && time(expiration);
  if (end !== undefined && transitions.some((one) => (time(one) ?? 0) >= end)) {
    throw argument(
      "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
    );
  }
}

function checkNoncurrentTransitions(moves: readonly NoncurrentTransition[]): void {
  const of = "NoncurrentVersionTransition";
  checkClasses(moves, of);
  for (const { noncurrentDays, storageClass } of moves) {
    checkDays(noncurrentDays, storageClass, { days: "NoncurrentDays", of });
  }
  checkOrder(moves.map((one) => ({ time: one.noncurrentDays, to: one.storageClass })));
}

type Classed = Pick<LifecycleTransition, "storageClass">;

function checkClasses(transitions: readonly Classed[], of: string): void {
  const classes = transitions.map(({ storageClass }) => storageClass);
  for (const storageClass of classes) {
    if (!mayTransition("STANDARD", storageClass)) throw malformed("no lifecycle goes there");
  }
  if (new Set(classes).size === classes.length) return;
  throw request(`'StorageClass' must be different for '${of}' actions in same 'Rule'`);
}

interface Named {
  readonly days: string;
  readonly of: string;
}

function checkDays(
  days: number,
  storageClass: LifecycleTransition["storageClass"],
  { days: name, of }: Named,
): void {
  if (!Number.isInteger(days) || days < 0) {
    throw argument(`'${name}' in ${of} action must be nonnegative`);
  }
  const least = TRANSITION_DAYS_MIN[storageClass] ?? 0;
  if (days >= least) return;
  throw argument(
    `'${name}' in ${of} action must be greater than or equal to ${least} for storageClass ` +
      `'${storageClass}'`,
  );
}

/** Later means colder, and the way there must exist. */
function checkOrder(
  moves: readonly { readonly time: number; readonly to: LifecycleTransition["storageClass"] }[],
): void {
  const inTime = moves.toSorted((one, other) => one.time - other.time);
  for (const [index, { to, time }] of inTime.entries()) {
    const before = inTime[index - 1];
    if (before === undefined || (mayTransition(before.to, to) && before.time < time)) continue;
    throw argument(
      `'Days' in the Transition action for StorageClass '${to}' must be greater than that for ` +
        `StorageClass '${before.to}', and objects must be allowed to move from one to the other`,
    );
  }
}

function checkPositive(value: number, name: string, of: string): void {
  if (Number.isInteger(value) && value > 0) return;
  throw argument(`'${name}' for ${of} action must be a positive integer`);
}

function checkMidnight(date: number | undefined): void {
  if (date === undefined || date % DAY_MS === 0) return;
  throw argument("'Date' must be at midnight GMT");
}

/** What is about no object cannot be told by an object's tags or size. */
function refuseNarrow({ filter }: LifecycleRule, action: string): void {
  const own = filter?.and ?? filter;
  if (filter?.tag !== undefined || filter?.and?.tags !== undefined) {
    throw request(`${action} cannot be specified with Tags.`);
  }
  if ((own?.objectSizeGreaterThan ?? own?.objectSizeLessThan) === undefined) return;
  throw request(`${action} cannot be specified with Object Size.`);
}

const failing =
  (code: ObjectErrorCode) =>
  (message: string): Error =>
    objectError(code, message);
const malformed: (message: string) => Error = failing("FIRN_BUCKET_CONFIGURATION_INVALID");
const argument: (message: string) => Error = failing("FIRN_OBJECT_ARGUMENT_INVALID");
const request: (message: string) => Error = failing("FIRN_OBJECT_REQUEST_INVALID");
