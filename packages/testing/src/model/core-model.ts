/**
 * What the core promises, in maps. Every batch and every stream record is an entry of one list, in
 * the order in which they were issued, which is the order of their LSNs. An entry is acknowledged
 * when the store says so; after a crash the store must be in the state behind some prefix of the
 * list that holds every acknowledged entry: so committed entries survive, a batch is there wholly
 * or not at all, and buffered records are lost only as a suffix.
 *
 * Bytes are strings here (one character a byte), so that states can be compared and printed.
 */

/**
 * A state: `space 3`, `key 3 name`, `blob id`, `stream 3`, and `references id`, which no reader of a
 * store sees and no comparison looks at.
 */
export type CoreState = Map<string, string>;

const HIDDEN = "references ";

/** One change inside an entry. */
export type CoreEffect =
  | { readonly kind: "put"; readonly space: number; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly space: number; readonly key: string }
  | { readonly kind: "create"; readonly space: number }
  | { readonly kind: "drop"; readonly space: number }
  | { readonly kind: "attach"; readonly blob: string; readonly bytes: string }
  | { readonly kind: "retain" | "release"; readonly blob: string }
  | { readonly kind: "append"; readonly space: number; readonly body: string };

/** A batch or a stream record that was issued. */
export interface CoreEntry {
  effects: CoreEffect[];
}

export interface ModelRange {
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit: number;
}

export class CoreModel {
  /** The state behind every entry that was acknowledged and folded in. */
  #base: CoreState = new Map();
  #entries: CoreEntry[] = [];
  /** How many of the entries are acknowledged: always a prefix. */
  #acknowledged = 0;
  #folded = 0;
  readonly #spaces = new Set<number>();
  readonly #blobs = new Set<string>();

  /** Every key space and blob that was ever issued, for whoever reads a store wholly. */
  get spaces(): ReadonlySet<number> {
    return this.#spaces;
  }

  get blobs(): ReadonlySet<string> {
    return this.#blobs;
  }

  /** Entries issued so far, for `acknowledgeUpTo` and `values`. */
  get issued(): number {
    return this.#folded + this.#entries.length;
  }

  get acknowledged(): number {
    return this.#folded + this.#acknowledged;
  }

  /**
   * A batch has been decided, behind everything issued before. A body that runs again is issued
   * again: `again` takes its former place away.
   */
  issue(effects: readonly CoreEffect[], again?: CoreEntry): CoreEntry {
    if (again !== undefined) this.refuse(again);
    for (const effect of effects) {
      if (effect.kind === "create") this.#spaces.add(effect.space);
      if (effect.kind === "attach") this.#blobs.add(effect.blob);
    }
    const entry = { effects: [...effects] };
    this.#entries.push(entry);
    return entry;
  }

  /** The store did not take the entry: it must never be seen. */
  refuse(entry: CoreEntry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** The entry is durable, and by the order of the log everything before it. */
  acknowledge(entry: CoreEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.acknowledgeUpTo(this.#folded + at + 1);
  }

  /** The first `count` entries are durable. */
  acknowledgeUpTo(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count - this.#folded);
  }

  /** The newest state, pending entries included. */
  newest(): CoreState {
    this.#fold();
    const state = new Map(this.#base);
    for (const entry of this.#entries) applyTo(state, entry.effects);
    return state;
  }

  /**
   * The states that a reader may have seen who began when `from` entries were acknowledged and has
   * ended now; oldest first.
   */
  *states(from: number = this.acknowledged): Generator<CoreState> {
    const state = new Map(this.#base);
    for (let count = this.#folded; ; count++) {
      if (count >= from) yield state;
      const entry = this.#entries[count - this.#folded];
      if (entry === undefined) return;
      applyTo(state, entry.effects);
    }
  }

  /** How often one state line may have had which value meanwhile; see `states`. */
  values(line: string, from: number): Set<string | undefined> {
    const values = new Set<string | undefined>();
    for (const state of this.states(from)) values.add(state.get(line));
    return values;
  }

  /**
   * The store was opened again and holds `found`. Goes on from the prefix that explains it, or
   * returns why none does.
   */
  recover(found: CoreState): string | undefined {
    let count = this.acknowledged;
    for (const state of this.states()) {
      if (sameState(state, found)) {
        this.#base = new Map(state);
        this.#folded = count;
        this.#acknowledged = 0;
        this.#entries = [];
        return undefined;
      }
      count++;
    }
    return this.#explain(found);
  }

  #explain(found: CoreState): string {
    const lines = [
      `no prefix of what was issued explains the store: ` +
        `${this.acknowledged} acknowledged, ${this.issued} issued`,
    ];
    let count = this.acknowledged;
    for (const state of this.states()) {
      lines.push(`  against the first ${count}: ${difference(state, found)}`);
      count++;
    }
    return lines.join("\n");
  }

  #fold(): void {
    for (const entry of this.#entries.slice(0, this.#acknowledged)) {
      applyTo(this.#base, entry.effects);
    }
    this.#entries = this.#entries.slice(this.#acknowledged);
    this.#folded += this.#acknowledged;
    this.#acknowledged = 0;
  }
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

export function streamLine(space: number): string {
  return `stream ${space}`;
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
    case "append": {
      const line = streamLine(effect.space);
      state.set(line, `${state.get(line) ?? ""}[${effect.body}]`);
    }
  }
}

function drop(state: CoreState, space: number): void {
  const prefix = keyLine(space, "");
  for (const line of state.keys()) if (line.startsWith(prefix)) state.delete(line);
  state.delete(spaceLine(space));
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

function sameState(a: CoreState, b: CoreState): boolean {
  return wrongLines(a, b).next().done === true;
}

function* wrongLines(expected: CoreState, found: CoreState): Generator<string> {
  for (const [line, value] of expected) {
    if (found.get(line) !== value && !line.startsWith(HIDDEN)) yield line;
  }
  for (const line of found.keys()) if (!expected.has(line)) yield line;
}

function difference(expected: CoreState, found: CoreState): string {
  const wrong = [...wrongLines(expected, found)];
  const shown = wrong.slice(0, 4).map((line) => {
    const [want, have] = [expected.get(line), found.get(line)].map(show);
    return `${JSON.stringify(line)}: expected ${want}, found ${have}`;
  });
  return shown.join("; ") + (wrong.length > 4 ? ` and ${wrong.length - 4} more` : "");
}

function show(value: string | undefined): string {
  if (value === undefined) return "nothing";
  return value.length > 40
    ? `${JSON.stringify(value.slice(0, 40))}…(${value.length})`
    : JSON.stringify(value);
}
