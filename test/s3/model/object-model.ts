import { hash } from "node:crypto";
import type { Condition } from "./object-operation.ts";

/*
 * What a bucket holds, as lists of versions in a map. A change gives a new state and leaves the old
 * one as it is: after a crash either of them may be what is there.
 */

/** What the store named itself: learned from its answer, or from what is there after a crash. */
export const ANY = "?";

export interface ModelVersion {
  readonly id: string;
  /** `undefined`: a delete marker. */
  readonly body: Buffer | undefined;
  readonly etag: string;
  readonly tags: number;
  /** Milliseconds since 1970 UTC; GOVERNANCE. */
  readonly until: number | undefined;
  readonly hold: boolean;
}

export interface ModelUpload {
  readonly key: string;
  readonly id: string;
  readonly parts: ReadonlyMap<number, Buffer>;
}

export interface ModelState {
  readonly locked: boolean;
  readonly status: "Enabled" | "Suspended" | undefined;
  /** Newest first; keys without versions are absent. */
  readonly keys: ReadonlyMap<string, readonly ModelVersion[]>;
  readonly uploads: readonly ModelUpload[];
}

/** The state afterwards, or the codes with one of which it is refused. */
export type Outcome = ModelState | readonly string[];

export const FAILED: readonly string[] = ["FIRN_OBJECT_PRECONDITION_FAILED"];
export const NO_OBJECT: readonly string[] = ["FIRN_OBJECT_NOT_FOUND"];

export function isRefused(outcome: Outcome): outcome is readonly string[] {
  return Array.isArray(outcome);
}

export function md5(bytes: Uint8Array): string {
  return `"${hash("md5", bytes, "hex")}"`;
}

/** Of an upload's only part. */
export function md5OfPart(bytes: Uint8Array): string {
  return `"${hash("md5", Buffer.from(hash("md5", bytes, "hex"), "hex"), "hex")}-1"`;
}

export function versionsOf(state: ModelState, key: string): readonly ModelVersion[] {
  return state.keys.get(key) ?? [];
}

/** What a read without a version sees. */
export function currentOf(state: ModelState, key: string): ModelVersion | undefined {
  const [newest] = versionsOf(state, key);
  return newest?.body === undefined ? undefined : newest;
}

export function withVersions(
  state: ModelState,
  key: string,
  versions: readonly ModelVersion[],
): ModelState {
  const keys = new Map(state.keys);
  if (versions.length === 0) keys.delete(key);
  else keys.set(key, versions);
  return { ...state, keys };
}

export function object(body: Buffer, more: Partial<ModelVersion> = {}): ModelVersion {
  const rest = { tags: 0, until: undefined, hold: false };
  return { id: ANY, body, etag: md5(body), ...rest, ...more };
}

/** A new current version, which takes the place of the null version unless versioning is on. */
export function written(state: ModelState, key: string, version: ModelVersion): ModelState {
  const { status } = state;
  const kept = versionsOf(state, key).filter(({ id }) => status === "Enabled" || id !== "null");
  const id = status === "Enabled" ? ANY : "null";
  return withVersions(state, key, [{ ...version, id }, ...kept]);
}

/** Without a version named: gone, or under a delete marker. */
export function deleted(state: ModelState, key: string): ModelState {
  if (state.status === undefined) return withVersions(state, key, []);
  const none = { etag: "", tags: 0, until: undefined, hold: false };
  return written(state, key, { id: ANY, body: undefined, ...none });
}

export function replaced(
  state: ModelState,
  key: string,
  { from, to }: { readonly from: ModelVersion; readonly to: ModelVersion | undefined },
): ModelState {
  const versions = versionsOf(state, key).flatMap((one) => {
    if (one !== from) return [one];
    return to === undefined ? [] : [to];
  });
  return withVersions(state, key, versions);
}

/** The header of a condition, and why it is refused, if it is. */
export function conditionOf(
  state: ModelState,
  key: string,
  condition: Condition,
): {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly refused?: readonly string[] | undefined;
} {
  const current = currentOf(state, key);
  const other = md5(Buffer.from("of nothing"));
  switch (condition) {
    case "none":
      return {};
    case "isNew":
      return { ifNoneMatch: "*", refused: current && FAILED };
    case "isCurrent":
      return { ifMatch: current?.etag ?? other, refused: current ? undefined : NO_OBJECT };
    case "isOther":
      return { ifMatch: other, refused: current ? FAILED : NO_OBJECT };
  }
}

/** A state as a list of lines; what the store named itself fits anything. */
export type Picture = readonly string[];

export function pictureOf({ status, keys, uploads }: ModelState): Picture {
  const names = [...keys.keys()].sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  const lines = names.flatMap((key) =>
    (keys.get(key) ?? []).map((version) => versionLine(key, version)),
  );
  const open = uploads.map((upload) => uploadLine(upload));
  return [`versioning ${status}`, ...lines, ...open];
}

export function versionLine(
  key: string,
  version: Omit<ModelVersion, "body"> & {
    readonly body: { readonly length: number } | undefined;
  },
): string {
  const { id, body, etag, tags, until, hold } = version;
  const size = body === undefined ? "marker" : `${body.length} bytes`;
  return [key, id, size, etag, `${tags} tags`, until ?? "free", hold ? "held" : ""].join(" | ");
}

export function uploadLine({ key, id, parts }: ModelUpload): string {
  const numbers = [...parts.keys()].sort();
  const told = numbers.map((number) => `${number}=${md5(parts.get(number) as Buffer)}`);
  return `upload | ${key} | ${id} | ${told.join()}`;
}

/** Does what is there fit what should be? Uploads of one key have no order that is known. */
export function fits(found: Picture, expected: Picture): boolean {
  if (found.length !== expected.length) return false;
  const isUpload = (line: string): boolean => line.startsWith("upload | ");
  const rest = found.filter(isUpload);
  const named = expected.filter(isUpload).sort((one, other) => rank(one) - rank(other));
  for (const line of named) {
    const at = rest.findIndex((one) => fitsLine(one.split(" | "), line.split(" | ")));
    if (at < 0) return false;
    rest.splice(at, 1);
  }
  const lines = expected.filter((line) => !isUpload(line));
  return lines.every((line, at) => fitsLine((found[at] ?? "").split(" | "), line.split(" | ")));
}

/** Those whose id is known choose first. */
function rank(line: string): number {
  return line.includes(` | ${ANY} | `) ? 1 : 0;
}

function fitsLine(found: readonly string[], expected: readonly string[]): boolean {
  return (
    found.length === expected.length &&
    expected.every((part, at) => part === ANY || part === found[at])
  );
}
