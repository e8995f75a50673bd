/** The map nodes of one lineage that are in memory, and which of them differ from the log. */
import { encodeKey, type KeySpaceId, type Store } from "@firn/core";
import { FIRST_POINTER, HOLE, NODE_OVERHEAD_BYTES, NODE_SLOTS } from "./constants.ts";
import { volumeError } from "./errors.ts";
import { decodeNode, type MapNode } from "./map-node.ts";

/** Memory that the map nodes of all lineages of a store share. */
export interface NodeBudget {
  /** Most bytes of nodes; dirty ones may exceed it until the next checkpoint. */
  readonly limitBytes: number;
  usedBytes: number;
}

export class NodeTable {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #budget: NodeBudget;
  readonly #nodes = new Map<number, MapNode>();
  readonly #loading = new Map<number, Promise<void>>();
  #dirty = new Set<MapNode>();
  #freed: number[] = [];
  #dirtyBytes = 0;
  /** The next node's id; part of the checkpoint. */
  nextId: number;

  constructor(store: Store, options: { space: KeySpaceId; budget: NodeBudget; nextId: number }) {
    this.#store = store;
    this.#space = options.space;
    this.#budget = options.budget;
    this.nextId = options.nextId;
  }

  /** Bytes of nodes that only a checkpoint can release. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  get(id: number): MapNode | undefined {
    const node = this.#nodes.get(id);
    if (node !== undefined) node.touched = true;
    return node;
  }

  /** A new node, each slot holding the mark `fill`. */
  create(level: number, fill: number): MapNode {
    const slots = new Float64Array(NODE_SLOTS[level] as number);
    if (fill !== HOLE) slots.fill(fill);
    return this.#add(level, slots);
  }

  /** A node of the same content, to be changed while the old one stays with a snapshot. */
  copy(node: MapNode): MapNode {
    return this.#add(node.level, node.slots.slice());
  }

  markDirty(node: MapNode): void {
    if (node.dirty) return;
    node.dirty = true;
    this.#dirty.add(node);
    this.#dirtyBytes += bytesOf(node);
  }

  /** No version reaches the node any more: it leaves the log with the next checkpoint. */
  free(id: number): void {
    this.#freed.push(id);
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    this.#budget.usedBytes -= bytesOf(node);
    if (this.#dirty.delete(node)) this.#dirtyBytes -= bytesOf(node);
  }

  /**
   * Brings a node into memory.
   * @throws FIRN_VOLUME_MAP_DAMAGED when the log does not hold it.
   */
  async load(id: number): Promise<MapNode> {
    if (!(await this.tryLoad(id))) {
      throw volumeError("FIRN_VOLUME_MAP_DAMAGED", `map node ${id} is missing`, {
        detail: { keySpace: this.#space, node: id },
      });
    }
    return this.#nodes.get(id) as MapNode;
  }

  /** As `load`; false when there is no such node (an interrupted removal has taken it). */
  async tryLoad(id: number): Promise<boolean> {
    if (this.get(id) !== undefined) return true;
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#fetch(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    await loading;
    return this.get(id) !== undefined;
  }

  /**
   * Drops clean nodes that were not used lately until the budget is met. Called between
   * operations only: within one, what was found loaded must stay.
   */
  trim(): void {
    if (this.#budget.usedBytes <= this.#budget.limitBytes) return;
    // Second chance: a touched node moves to the end once, an untouched one goes.
    let looks = this.#nodes.size * 2;
    for (const [id, node] of this.#nodes) {
      if (looks-- <= 0 || this.#budget.usedBytes <= this.#budget.limitBytes) return;
      this.#nodes.delete(id);
      if (node.dirty || node.flushing || node.touched) {
        node.touched = false;
        this.#nodes.set(id, node);
      } else {
        this.#budget.usedBytes -= bytesOf(node);
      }
    }
  }

  /** Hands over what the next checkpoint must write and delete; nodes stay dirty until encoded. */
  takeChanges(): { nodes: MapNode[]; freed: number[] } {
    const nodes = [...this.#dirty];
    const freed = this.#freed;
    this.#dirty = new Set();
    this.#freed = [];
    for (const node of nodes) node.flushing = true;
    return { nodes, freed };
  }

  /** The node has been encoded as it is now; a change from here on is the next checkpoint's. */
  markEncoded(node: MapNode): void {
    node.dirty = false;
    this.#dirtyBytes -= bytesOf(node);
  }

  /** Puts back what a checkpoint that failed had taken. */
  returnChanges(changes: { nodes: readonly MapNode[]; freed: readonly number[] }): void {
    for (const id of changes.freed) this.#freed.push(id);
    for (const node of changes.nodes) {
      node.flushing = false;
      if (this.#nodes.get(node.id) !== node) continue;
      // A node that was not encoded is still dirty, but no longer in the set.
      if (node.dirty) this.#dirtyBytes -= bytesOf(node);
      node.dirty = false;
      this.markDirty(node);
    }
  }

  /** Forgets everything; for a lineage that closes or is dropped. */
  clear(): void {
    for (const node of this.#nodes.values()) this.#budget.usedBytes -= bytesOf(node);
    this.#nodes.clear();
    this.#dirty.clear();
    this.#dirtyBytes = 0;
  }

  #add(level: number, slots: Float64Array): MapNode {
    const id = this.nextId++;
    const node = { id, level, slots, dirty: false, flushing: false, touched: true };
    this.#nodes.set(id, node);
    this.#budget.usedBytes += bytesOf(node);
    this.markDirty(node);
    return node;
  }

  async #fetch(id: number): Promise<void> {
    const bytes = await this.#store.get(this.#space, nodeKey(id));
    if (bytes === undefined || this.#nodes.has(id)) return;
    const node = decodeNode(id, bytes);
    this.#nodes.set(id, node);
    this.#budget.usedBytes += bytesOf(node);
  }
}

/** Where a node's stored form lies in its lineage's key space. */
export function nodeKey(id: number): Uint8Array {
  return encodeKey("n", id);
}

/** The first id that a lineage hands out: smaller slot values are marks. */
export const FIRST_NODE_ID: number = FIRST_POINTER;

function bytesOf(node: MapNode): number {
  return node.slots.byteLength + NODE_OVERHEAD_BYTES;
}
