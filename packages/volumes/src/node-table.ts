/** The map nodes of one lineage that are in memory, and which of them the log does not hold yet. */
import {
  decodeKey,
  encodeKey,
  prefixEnd,
  type KeyRange,
  type KeySpaceId,
  type Store,
} from "@firn/core";
import { FIRST_POINTER } from "./constants.ts";
import { volumeError } from "./errors.ts";
import { MapNode } from "./map-node.ts";
import { decodeNode } from "./node-codec.ts";

/** Memory that the map nodes of all lineages of a store share. */
export interface NodeBudget {
  /** Most bytes of nodes; those not stored yet may exceed it until the next checkpoint. */
  readonly limitBytes: number;
  usedBytes: number;
}

export interface NodeChanges {
  readonly nodes: readonly MapNode[];
  /** Ids of nodes that no version reaches any more. */
  readonly freed: readonly number[];
}

export class NodeTable {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #budget: NodeBudget;
  readonly #nodes = new Map<number, MapNode>();
  readonly #loading = new Map<number, Promise<void>>();
  #unstored = new Set<MapNode>();
  #unstoredBytes = 0;
  #freed: number[] = [];
  #nextId: number;
  #frozenBelow: number;

  constructor(store: Store, options: { space: KeySpaceId; budget: NodeBudget; nextId: number }) {
    this.#store = store;
    this.#space = options.space;
    this.#budget = options.budget;
    this.#nextId = options.nextId;
    this.#frozenBelow = options.nextId;
  }

  /** Bytes of nodes that only a checkpoint can release. */
  get unstoredBytes(): number {
    return this.#unstoredBytes;
  }

  /** The next node's id; part of the checkpoint. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Nodes with smaller ids belong to a checkpoint, made or under way: they never change. */
  get frozenBelow(): number {
    return this.#frozenBelow;
  }

  get(id: number): MapNode | undefined {
    const node = this.#nodes.get(id);
    if (node !== undefined) node.touched = true;
    return node;
  }

  /** A new node, each slot holding the mark `fill`. */
  create(level: number, fill: number): MapNode {
    return this.#add(MapNode.filled(this.#nextId++, level, fill));
  }

  /** A node of the same content, to be changed in the old one's place. */
  copy(node: MapNode): MapNode {
    return this.#add(node.copy(this.#nextId++));
  }

  /** A node has been changed: it may take more room than before. */
  resized(node: MapNode): void {
    const grown = node.bytes - node.countedBytes;
    if (grown === 0) return;
    node.countedBytes += grown;
    this.#budget.usedBytes += grown;
    if (!node.stored) this.#unstoredBytes += grown;
  }

  /** No version reaches the node any more: it leaves the log with the next checkpoint. */
  free(id: number): void {
    this.#freed.push(id);
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    this.#budget.usedBytes -= node.countedBytes;
    if (this.#unstored.delete(node)) this.#unstoredBytes -= node.countedBytes;
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
      if (!node.stored || node.touched) {
        node.touched = false;
        this.#nodes.set(id, node);
      } else {
        this.#budget.usedBytes -= node.countedBytes;
      }
    }
  }

  /** Freezes all nodes and hands over what the next checkpoint must write and delete. */
  takeChanges(): NodeChanges {
    const nodes = [...this.#unstored];
    const freed = this.#freed;
    this.#unstored = new Set();
    this.#freed = [];
    this.#frozenBelow = this.#nextId;
    return { nodes, freed };
  }

  /** The log holds the node now: it may leave memory. */
  markStored(node: MapNode): void {
    node.stored = true;
    this.#unstoredBytes -= node.countedBytes;
  }

  /** Puts back what a checkpoint has left undone. */
  returnChanges(changes: NodeChanges): void {
    for (const id of changes.freed) this.#freed.push(id);
    for (const node of changes.nodes) {
      if (node.stored) continue;
      if (this.#nodes.get(node.id) === node) this.#unstored.add(node);
      else this.#unstoredBytes -= node.countedBytes;
    }
  }

  /** Forgets everything; for a lineage that closes or is dropped. */
  clear(): void {
    for (const node of this.#nodes.values()) this.#budget.usedBytes -= node.countedBytes;
    this.#nodes.clear();
    this.#unstored.clear();
    this.#unstoredBytes = 0;
  }

  #add(node: MapNode): MapNode {
    node.countedBytes = node.bytes;
    this.#nodes.set(node.id, node);
    this.#unstored.add(node);
    this.#unstoredBytes += node.countedBytes;
    this.#budget.usedBytes += node.countedBytes;
    return node;
  }

  async #fetch(id: number): Promise<void> {
    const bytes = await this.#store.get(this.#space, nodeKey(id));
    if (bytes === undefined || this.#nodes.has(id)) return;
    const node = decodeNode(id, bytes);
    node.countedBytes = node.bytes;
    this.#nodes.set(id, node);
    this.#budget.usedBytes += node.countedBytes;
  }
}

/** Where a node's stored form lies in its lineage's key space. */
export function nodeKey(id: number): Uint8Array {
  return encodeKey("n", id);
}

/** All stored nodes from an id on. */
export function nodeRange(from: number): KeyRange {
  return { gte: nodeKey(from), lt: prefixEnd(encodeKey("n")) };
}

export function nodeIdOf(key: Uint8Array): number {
  return decodeKey(key, ["text", "number"])[1] as number;
}

/** The first id that a lineage hands out: smaller slot values are marks. */
export const FIRST_NODE_ID: number = FIRST_POINTER;
