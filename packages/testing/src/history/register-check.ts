/**
 * Linearizability of one register: is there an order of its operations, each at a moment between
 * its call and its answer, that explains every answer? The search of Wing and Gong, with the memory
 * of Lowe: what was linearized and what the register held then is tried once.
 *
 * An operation without an answer (its process ended) may have happened at any moment since its
 * call, or never.
 */

export type RegisterValue = string | undefined;

interface Timed {
  /** Moments of one clock: whatever grows. */
  readonly call: number;
  /** Absent when nobody knows how it ended. */
  readonly answer?: number | undefined;
}

export type RegisterOperation = Timed &
  (
    | { readonly kind: "write"; readonly value: RegisterValue }
    | { readonly kind: "read"; readonly value: RegisterValue }
    /** Writes `value` if the register holds `expected`; `done` tells whether it did. */
    | {
        readonly kind: "swap";
        readonly expected: RegisterValue;
        readonly value: RegisterValue;
        readonly done: boolean;
      }
  );

/** What cannot be explained; `undefined` when everything can. */
export interface RegisterFault {
  /** The longest explanation covers all but these, of which none can be next. */
  readonly stuck: readonly RegisterOperation[];
  readonly held: RegisterValue;
}

interface Frame {
  /** Everything before it is linearized. */
  readonly low: number;
  /** Linearized ones behind `low`. */
  readonly beyond: ReadonlySet<number>;
  readonly held: RegisterValue;
}

export function checkRegister(
  history: readonly RegisterOperation[],
  initially?: RegisterValue,
): RegisterFault | undefined {
  const operations = [...history].sort((left, right) => left.call - right.call);
  const stack: Frame[] = [{ low: 0, beyond: new Set(), held: initially }];
  const seen = new Set<string>();
  let best: Frame = stack[0] as Frame;
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    const { low, beyond, held } = frame;
    const name = `${low}|${[...beyond].sort((a, b) => a - b).join()}|${held ?? "\0"}`;
    if (seen.has(name)) continue;
    seen.add(name);
    if (covers(frame, best)) best = frame;
    const next = candidates(operations, frame);
    if (next.every((i) => operations[i]?.answer === undefined) && isDone(operations, frame)) {
      return undefined;
    }
    for (const i of next) {
      const after = step(operations[i] as RegisterOperation, held);
      if (after !== REFUSED) stack.push(advanced(frame, i, after));
    }
  }
  const stuck = candidates(operations, best).map((i) => operations[i] as RegisterOperation);
  return { stuck, held: best.held };
}

const REFUSED = Symbol("refused");

/** What the register holds afterwards, or that the answer contradicts what it held. */
function step(operation: RegisterOperation, held: RegisterValue): RegisterValue | typeof REFUSED {
  if (operation.kind === "write") return operation.value;
  if (operation.kind === "read") return operation.value === held ? held : REFUSED;
  const { expected, value, done, answer } = operation;
  const fits = held === expected;
  if (answer === undefined) return fits ? value : held;
  if (fits !== done) return REFUSED;
  return done ? value : held;
}

/** Those that were called before any other that is not linearized had its answer. */
function candidates(operations: readonly RegisterOperation[], { low, beyond }: Frame): number[] {
  let until = Infinity;
  const found: number[] = [];
  for (let i = low; i < operations.length; i++) {
    const { call, answer = Infinity } = operations[i] as RegisterOperation;
    if (call > until) break;
    if (beyond.has(i)) continue;
    found.push(i);
    until = Math.min(until, answer);
  }
  return found.filter((i) => (operations[i] as RegisterOperation).call <= until);
}

/** Only operations without an answer are left. */
function isDone(operations: readonly RegisterOperation[], { low, beyond }: Frame): boolean {
  for (let i = low; i < operations.length; i++) {
    if (!beyond.has(i) && operations[i]?.answer !== undefined) return false;
  }
  return true;
}

function advanced({ low, beyond }: Frame, i: number, held: RegisterValue): Frame {
  const next = new Set(beyond).add(i);
  let first = low;
  while (next.delete(first)) first++;
  return { low: first, beyond: next, held };
}

function covers(frame: Frame, other: Frame): boolean {
  return frame.low + frame.beyond.size > other.low + other.beyond.size;
}
