import { capitalized } from "./answers.ts";

/** What the engine says of a resource, on the wire: AWS's names, and times in seconds. */
export function descriptionOf(described: object): Readonly<Record<string, unknown>> {
  return capitalized(withSeconds(described));
}

const TIMES: ReadonlySet<string> = new Set([
  "creationDateTime",
  "lastIncreaseDateTime",
  "lastDecreaseDateTime",
  "lastUpdateToPayPerRequestDateTime",
  "lastUpdateDateTime",
  "tableCreationDateTime",
  "backupCreationDateTime",
  "backupExpiryDateTime",
  "restoreDateTime",
  "earliestRestorableDateTime",
  "latestRestorableDateTime",
  "startTime",
  "endTime",
  "exportTime",
  "exportFromTime",
  "exportToTime",
]);

function withSeconds(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => {
      if (TIMES.has(name) && typeof member === "number") return [name, member / 1000];
      if (Array.isArray(member)) return [name, member.map(eachWithSeconds)];
      return [name, eachWithSeconds(member)];
    }),
  );
}

function eachWithSeconds(value: unknown): unknown {
  return typeof value === "object" && value !== null ? withSeconds(value) : value;
}
