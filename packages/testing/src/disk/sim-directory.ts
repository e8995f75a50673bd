import type { CrashPlan, PendingChange } from "./crash-options.ts";
import { SimFile } from "./sim-file.ts";

export type SimNode = SimFile | SimDirectory;

interface EntryChange {
  readonly sequence: number;
  readonly kind: "create" | "rename" | "remove";
  readonly name: string;
  /** What a creation or a rename makes `name` stand for. */
  readonly node?: SimNode | undefined;
  /** The name that a rename takes away in the same step. */
  readonly from?: string | undefined;
}

/**
 * One directory: the names that the process sees, and the changes of names since the last sync.
 * Syncing a file does not make its name durable, as POSIX leaves it (ext4 is kinder).
 */
export class SimDirectory {
  #entries = new Map<string, SimNode>();
  #durable = new Map<string, SimNode>();
  #pending: EntryChange[] = [];
  #sequence = 0;

  /** Names the changes so far, for `sync`. */
  get sequence(): number {
    return this.#sequence;
  }

  get entries(): ReadonlyMap<string, SimNode> {
    return this.#entries;
  }

  create(name: string, node: SimNode): void {
    this.#entries.set(name, node);
    this.#add({ kind: "create", name, node });
  }

  rename(from: string, name: string, node: SimNode): void {
    this.#entries.delete(from);
    this.#entries.set(name, node);
    this.#add({ kind: "rename", name, node, from });
  }

  remove(name: string): void {
    if (this.#entries.delete(name)) this.#add({ kind: "remove", name });
  }

  sync(sequence: number): void {
    for (const change of this.#pending) {
      if (change.sequence <= sequence) applyTo(this.#durable, change);
    }
    this.#pending = this.#pending.filter((change) => change.sequence > sequence);
  }

  /** The tree as the next boot finds it. */
  crash(path: string, plan: CrashPlan): void {
    for (const change of this.#pending) {
      if (plan.keeps(describe(path, change))) applyTo(this.#durable, change);
    }
    this.#pending = [];
    this.#entries = new Map(this.#durable);
    for (const [name, node] of this.#entries) node.crash(`${path}/${name}`, plan);
  }

  /** Every change in the tree that is not durable, in the order in which `crash` asks for them. */
  *pending(path: string): Generator<PendingChange> {
    const after = new Map(this.#durable);
    for (const change of this.#pending) {
      applyTo(after, change);
      yield describe(path, change);
    }
    for (const [name, node] of after) {
      const inner = `${path}/${name}`;
      if (node instanceof SimDirectory) {
        yield* node.pending(inner);
        continue;
      }
      for (const { offset, length } of node.pending()) {
        yield { kind: "write", path: inner, offset, length };
      }
    }
  }

  /** The same tree on another disk; `copies` keeps a node that has two names one node. */
  fork(copies: Map<SimNode, SimNode>): SimDirectory {
    const copy = new SimDirectory();
    copies.set(this, copy);
    const of = (node: SimNode): SimNode => {
      const known = copies.get(node) ?? node.fork(copies);
      copies.set(node, known);
      return known;
    };
    for (const [name, node] of this.#entries) copy.#entries.set(name, of(node));
    for (const [name, node] of this.#durable) copy.#durable.set(name, of(node));
    copy.#pending = this.#pending.map((change) =>
      change.node === undefined ? change : { ...change, node: of(change.node) },
    );
    copy.#sequence = this.#sequence;
    return copy;
  }

  #add(change: Omit<EntryChange, "sequence">): void {
    this.#sequence++;
    this.#pending.push({ ...change, sequence: this.#sequence });
  }
}

function applyTo(names: Map<string, SimNode>, change: EntryChange): void {
  if (change.from !== undefined) names.delete(change.from);
  if (change.node === undefined) names.delete(change.name);
  else names.set(change.name, change.node);
}

function describe(path: string, change: EntryChange): PendingChange {
  return { kind: change.kind, path: `${path}/${change.name}`, offset: 0, length: 0 };
}
