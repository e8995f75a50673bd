/**
 * A state: `space 3`, `retention 3`, `key 3 name`, `blob id`, `stream 3 lsn`, `tail 3` (the LSN of
 * a stream's last record), and `references id`, which no reader of a store sees.
 */
export type CoreState = Map<string, string>;

const HIDDEN = "references ";

/** One change inside an entry. */
export type CoreEffect =
  | { readonly kind: "put"; readonly space: number; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly space: number; readonly key: string }
  /** `ms`: how long history is kept. */
  | { readonly kind: "create" | "keep"; readonly space: number; readonly ms?: number | undefined }
  | { readonly kind: "drop"; readonly space: number }
  | { readonly kind: "attach"; readonly blob: string; readonly bytes: string }
  | { readonly kind: "retain" | "release"; readonly blob: string }
  | {
      readonly kind: "append";
      readonly space: number;
      readonly lsn: number;
      readonly body: string;
    };

export interface ModelRange {
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit: number;
}

export function applyTo(state: CoreState, effects: readonly CoreEffect[]): void {
  for (const effect of effects) applyOne(state, effect);
}

/** The first `limit` keys and values of a range, as the store should give them. */
export function rangeOf(state: CoreState, space: number, range: ModelRange): [string, string][] {
  const prefix = keyLine(space, "");
  const entries: [string, string][] = [];
  for (const [line, value] of state) {
    if (!line.startsWith(prefix)) continue;
    const key = line.slice(prefix.length);
    if (range.gte !== undefined && key < range.gte) continue;
    if (range.lt !== undefined && key >= range.lt) continue;
    entries.push([key, value]);
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  if (range.reverse === true) entries.reverse();
  return entries.slice(0, range.limit);
}

export function spaceLine(space: number): string {
  return `space ${space}`;
}

export function keyLine(space: number, key: string): string {
  return `key ${space} ${key}`;
}

export function retentionLine(space: number): string {
  return `retention ${space}`;
}

export function streamLine(space: number, lsn: number): string {
  return `stream ${space} ${lsn}`;
}

export function tailLine(space: number): string {
  return `tail ${space}`;
}

export function blobLine(blob: string): string {
  return `blob ${blob}`;
}

/** The key spaces of a state, in the order of their ids. */
export function spacesOf(state: CoreState): number[] {
  const spaces: number[] = [];
  for (const line of state.keys()) {
    if (line.startsWith("space ")) spaces.push(Number(line.slice(6)));
  }
  return spaces.sort((a, b) => a - b);
}

/** The blobs of a state that have references. */
export function blobsOf(state: CoreState): string[] {
  const blobs: string[] = [];
  for (const line of state.keys()) if (line.startsWith("blob ")) blobs.push(line.slice(5));
  return blobs.sort();
}

export function lineOf(effect: CoreEffect): string {
  switch (effect.kind) {
    case "put":
    case "delete":
      return keyLine(effect.space, effect.key);
    case "create":
    case "drop":
      return spaceLine(effect.space);
    case "keep":
      return retentionLine(effect.space);
    case "attach":
    case "retain":
    case "release":
      return blobLine(effect.blob);
    case "append":
      return tailLine(effect.space);
  }
}

function applyOne(state: CoreState, effect: CoreEffect): void {
  switch (effect.kind) {
    case "put":
      state.set(keyLine(effect.space, effect.key), effect.value);
      return;
    case "delete":
      state.delete(keyLine(effect.space, effect.key));
      return;
    case "create":
      state.set(spaceLine(effect.space), "");
      keep(state, effect);
      return;
    case "keep":
      keep(state, effect);
      return;
    case "drop":
      drop(state, effect.space);
      return;
    case "attach":
      state.set(blobLine(effect.blob), effect.bytes);
      count(state, effect.blob, 1);
      return;
    case "retain":
    case "release":
      count(state, effect.blob, effect.kind === "retain" ? 1 : -1);
      return;
    case "append":
      state.set(streamLine(effect.space, effect.lsn), effect.body);
      state.set(tailLine(effect.space), String(effect.lsn));
  }
}

function keep(
  state: CoreState,
  effect: { readonly space: number; readonly ms?: number | undefined },
): void {
  if (effect.ms === undefined) state.delete(retentionLine(effect.space));
  else state.set(retentionLine(effect.space), String(effect.ms));
}

function drop(state: CoreState, space: number): void {
  for (const line of state.keys()) if (line.split(" ", 2)[1] === String(space)) state.delete(line);
}

function count(state: CoreState, blob: string, by: number): void {
  const left = Number(state.get(referencesLine(blob)) ?? 0) + by;
  if (left > 0) {
    state.set(referencesLine(blob), String(left));
    return;
  }
  state.delete(referencesLine(blob));
  state.delete(blobLine(blob));
}

function referencesLine(blob: string): string {
  return `${HIDDEN}${blob}`;
}

/** How many bytes of a stream's record are still needed, by its line, where not all of them are. */
export type Unneeded = ReadonlyMap<string, number>;

export function sameState(a: CoreState, b: CoreState, unneeded?: Unneeded): boolean {
  return wrongLines(a, b, unneeded).next().done === true;
}

export function* wrongLines(
  expected: CoreState,
  found: CoreState,
  unneeded?: Unneeded,
): Generator<string> {
  for (const [line, value] of expected) {
    const have = found.get(line);
    if (have === value || line.startsWith(HIDDEN)) continue;
    const needed = unneeded?.get(line);
    if (needed === undefined) yield line;
    else if (needed > 0 && have?.slice(0, needed) !== value.slice(0, needed)) yield line;
  }
  for (const line of found.keys()) if (!expected.has(line)) yield line;
}
