import type {
  LifecycleConfiguration,
  LifecycleExpiration,
  LifecycleFilter,
  LifecycleFilterAnd,
  LifecycleRule,
  LifecycleTag,
  NoncurrentExpiration,
  StorageClass,
  Tags,
} from "@firn/objects";
import { isStorageClass } from "@firn/objects";
import { formatTimestamp, parseTimestamp } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import {
  childrenOf,
  optionalChild,
  optionalCount,
  optionalFlag,
  optionalText,
  requiredText,
} from "./configuration-xml.ts";
import type { XmlMembers } from "./configuration-xml.ts";
import { childText, malformedXml } from "./malformed-xml.ts";

/** `<LifecycleConfiguration>`, read strictly and written as it was given. */

/** @throws ServiceError MalformedXML. */
export function readLifecycle(document: XmlElement): LifecycleConfiguration {
  return { rules: childrenOf(document, "Rule").map(readRule) };
}

function readRule(element: XmlElement): LifecycleRule {
  const filter = optionalChild(element, "Filter");
  const expiration = optionalChild(element, "Expiration");
  const noncurrent = optionalChild(element, "NoncurrentVersionExpiration");
  const abort = optionalChild(element, "AbortIncompleteMultipartUpload");
  const transitions = childrenOf(element, "Transition").map(readTransition);
  const moves = childrenOf(element, "NoncurrentVersionTransition").map((move) => ({
    ...readNoncurrent(move),
    storageClass: readClass(move),
  }));
  return {
    id: optionalText(element, "ID") || undefined,
    status: requiredText(element, "Status", ["Enabled", "Disabled"]),
    prefix: childText(element, "Prefix"),
    filter: filter && readFilter(filter),
    expiration: expiration && readExpiration(expiration),
    transitions: transitions.length === 0 ? undefined : transitions,
    noncurrentVersionExpiration: noncurrent && readNoncurrent(noncurrent),
    noncurrentVersionTransitions: moves.length === 0 ? undefined : moves,
    abortIncompleteMultipartUpload: abort && {
      daysAfterInitiation: requiredCount(abort, "DaysAfterInitiation"),
    },
  };
}

function readFilter(element: XmlElement): LifecycleFilter {
  const and = optionalChild(element, "And");
  const [tag, ...others] = childrenOf(element, "Tag").map(readTag);
  if (others.length > 0) throw malformedXml();
  return {
    ...readSizes(element),
    prefix: childText(element, "Prefix"),
    tag,
    and: and && readAnd(and),
  };
}

function readAnd(element: XmlElement): LifecycleFilterAnd {
  const tags = childrenOf(element, "Tag").map(readTag);
  const byName: Tags = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
  if (Object.keys(byName).length < tags.length) throw malformedXml();
  return {
    ...readSizes(element),
    prefix: childText(element, "Prefix"),
    tags: tags.length === 0 ? undefined : byName,
  };
}

function readSizes(
  element: XmlElement,
): Pick<LifecycleFilter, "objectSizeGreaterThan" | "objectSizeLessThan"> {
  return {
    objectSizeGreaterThan: optionalCount(element, "ObjectSizeGreaterThan"),
    objectSizeLessThan: optionalCount(element, "ObjectSizeLessThan"),
  };
}

function readTag(element: XmlElement): LifecycleTag {
  const key = childText(element, "Key");
  const value = childText(element, "Value");
  if (key === undefined || value === undefined) throw malformedXml();
  return { key, value };
}

function readExpiration(element: XmlElement): LifecycleExpiration {
  return {
    days: optionalCount(element, "Days"),
    date: readDate(element),
    expiredObjectDeleteMarker: optionalFlag(element, "ExpiredObjectDeleteMarker"),
  };
}

function readTransition(element: XmlElement): NonNullable<LifecycleRule["transitions"]>[number] {
  return {
    days: optionalCount(element, "Days"),
    date: readDate(element),
    storageClass: readClass(element),
  };
}

function readNoncurrent(element: XmlElement): NoncurrentExpiration {
  return {
    noncurrentDays: requiredCount(element, "NoncurrentDays"),
    newerNoncurrentVersions: optionalCount(element, "NewerNoncurrentVersions"),
  };
}

function readClass(element: XmlElement): StorageClass {
  const name = requiredText(element, "StorageClass");
  if (!isStorageClass(name)) throw malformedXml();
  return name;
}

/** A day, or a moment. */
function readDate(element: XmlElement): number | undefined {
  const text = optionalText(element, "Date");
  if (text === undefined) return undefined;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = /^\d+$/.test(text) ? undefined : parseTimestamp(isDay ? `${text}T00:00:00Z` : text);
  if (time === undefined) throw malformedXml();
  return time;
}

function requiredCount(element: XmlElement, name: string): number {
  const count = optionalCount(element, name);
  if (count === undefined) throw malformedXml();
  return count;
}

export function writeLifecycle({ rules }: LifecycleConfiguration): XmlMembers {
  return { Rule: rules.map(writeRule) };
}

function writeRule(rule: LifecycleRule): XmlMembers {
  const { expiration, noncurrentVersionExpiration: noncurrent } = rule;
  const abort = rule.abortIncompleteMultipartUpload;
  return {
    ID: rule.id,
    Prefix: rule.prefix,
    Filter: rule.filter && writeFilter(rule.filter),
    Status: rule.status,
    Transition: (rule.transitions ?? []).map(({ days, date, storageClass }) => ({
      Days: days,
      Date: dateText(date),
      StorageClass: storageClass,
    })),
    Expiration: expiration && {
      Days: expiration.days,
      Date: dateText(expiration.date),
      ExpiredObjectDeleteMarker: expiration.expiredObjectDeleteMarker,
    },
    NoncurrentVersionTransition: (rule.noncurrentVersionTransitions ?? []).map((move) => ({
      ...writeNoncurrent(move),
      StorageClass: move.storageClass,
    })),
    NoncurrentVersionExpiration: noncurrent && writeNoncurrent(noncurrent),
    AbortIncompleteMultipartUpload: abort && { DaysAfterInitiation: abort.daysAfterInitiation },
  };
}

function writeFilter({ prefix, tag, and, ...sizes }: LifecycleFilter): XmlMembers {
  return {
    Prefix: prefix,
    Tag: tag && { Key: tag.key, Value: tag.value },
    ...writeSizes(sizes),
    And: and && {
      Prefix: and.prefix,
      Tag: Object.entries(and.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
      ...writeSizes(and),
    },
  };
}

function writeSizes(
  of: Pick<LifecycleFilter, "objectSizeGreaterThan" | "objectSizeLessThan">,
): XmlMembers {
  return {
    ObjectSizeGreaterThan: of.objectSizeGreaterThan,
    ObjectSizeLessThan: of.objectSizeLessThan,
  };
}

function writeNoncurrent(of: NoncurrentExpiration): XmlMembers {
  return {
    NoncurrentDays: of.noncurrentDays,
    NewerNoncurrentVersions: of.newerNoncurrentVersions,
  };
}

function dateText(time: number | undefined): string | undefined {
  return time === undefined ? undefined : formatTimestamp(time, "iso8601");
}
