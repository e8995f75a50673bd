/*
 * The versions of a lineage: heads (volumes) and snapshots, and who came from whom.
 *
 * A version's parent is the snapshot that it was frozen or cloned behind. A node is shared by a
 * connected part of this tree, because children only ever inherit it from their parent; so what a
 * version holds alone is what neither its parent nor a child has. `ownFrom` answers for the parent
 * (ids are birth dates); for the child, two trees are walked side by side.
 *
 * A snapshot that is removed while several children still stand on it stays, hidden, until one is
 * left; then that child inherits the right to change its nodes in place.
 */
import { FIRST_POINTER, HOLE, ROOT_LEVEL } from "./constants.ts";
import type { DroppedTree } from "./block-map.ts";

export type VersionKind = "head" | "snapshot";

export interface Version {
  readonly number: number;
  readonly kind: VersionKind;
  /** Number of the version that it stands on; 0 for none. */
  parent: number;
  /** Id of its root node, or a mark. */
  root: number;
  /** Nodes from this id on are not shared with the parent. */
  ownFrom: number;
  /** Removed, but others stand on it. */
  hidden: boolean;
}

/** A version as the checkpoint keeps it; `hidden` is absent in older ones. */
export type VersionRow = readonly [
  number: number,
  kind: 0 | 1,
  parent: number,
  root: number,
  ownFrom: number,
  hidden?: 0 | 1,
];

export class VersionTree {
  readonly #versions = new Map<number, Version>();
  /** Trees of removed versions, to be reaped; each stays listed until the log has let it go. */
  readonly #dying: { version: Version; tree: DroppedTree }[] = [];
  nextNumber = 1;

  get(number: number): Version | undefined {
    return this.#versions.get(number);
  }

  all(): IterableIterator<Version> {
    return this.#versions.values();
  }

  /** A volume of its own, empty. */
  addBlank(number: number): Version {
    return this.#add({ number, kind: "head", parent: 0, root: HOLE, ownFrom: FIRST_POINTER });
  }

  /** Freezes a head as it is: O(1). Its next changes go to nodes from `nextId` on. */
  addSnapshot(number: number, head: Version, nextId: number): Version {
    const { parent, root, ownFrom } = head;
    const snapshot = this.#add({ number, kind: "snapshot", parent, root, ownFrom });
    head.parent = number;
    head.ownFrom = nextId;
    return snapshot;
  }

  /** A head that starts as the snapshot is: O(1). */
  addClone(number: number, snapshot: Version, nextId: number): Version {
    const parent = snapshot.number;
    return this.#add({ number, kind: "head", parent, root: snapshot.root, ownFrom: nextId });
  }

  /** A snapshot that starts as another one is, and is changed until it is whole. */
  addDerived(number: number, snapshot: Version, nextId: number): Version {
    const { number: parent, root } = snapshot;
    return this.#add({ number, kind: "snapshot", parent, root, ownFrom: nextId });
  }

  /** Takes a version out and hands what it alone held to the reaper; unknown numbers: nothing. */
  remove(number: number): void {
    const version = this.#versions.get(number);
    if (version === undefined) return;
    const children = this.#childrenOf(number);
    if (children.length > 1) {
      version.hidden = true;
      return;
    }
    this.#versions.delete(number);
    const heir = children[0];
    const tree = {
      id: version.root,
      level: ROOT_LEVEL,
      ownFrom: version.ownFrom,
      keep: heir?.root ?? HOLE,
    };
    this.#dying.push({ version, tree });
    if (heir !== undefined) {
      heir.parent = version.parent;
      heir.ownFrom = version.ownFrom;
      return;
    }
    const parent = this.#versions.get(version.parent);
    if (parent?.hidden) this.remove(parent.number);
  }

  /** The next removed version to reap, or `undefined`. */
  nextDying(): DroppedTree | undefined {
    return this.#dying[0]?.tree;
  }

  /** The tree of `nextDying` has been reaped. */
  dyingReaped(): void {
    this.#dying.shift();
  }

  rows(): VersionRow[] {
    const rows: VersionRow[] = [];
    for (const version of this.#versions.values()) {
      const kind = version.kind === "head" ? 0 : 1;
      const { number, parent, root, ownFrom, hidden } = version;
      rows.push([number, kind, parent, root, ownFrom, hidden ? 1 : 0]);
    }
    return rows;
  }

  restore(rows: readonly VersionRow[], nextNumber: number): void {
    for (const [number, kind, parent, root, ownFrom] of rows) {
      this.#add({ number, kind: kind === 0 ? "head" : "snapshot", parent, root, ownFrom });
    }
    this.nextNumber = Math.max(this.nextNumber, nextNumber);
  }

  #add(fields: Omit<Version, "hidden">): Version {
    const version = { ...fields, hidden: false };
    this.#versions.set(version.number, version);
    this.nextNumber = Math.max(this.nextNumber, version.number + 1);
    return version;
  }

  #childrenOf(number: number): Version[] {
    const children: Version[] = [];
    for (const version of this.#versions.values()) {
      if (version.parent === number) children.push(version);
    }
    return children;
  }
}
