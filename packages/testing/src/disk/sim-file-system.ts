import { SeededRandom } from "@firn/core";
import type { FileHandle, FileLock, FileSystem } from "@firn/core";
import type { CrashOptions, CrashPlan, PendingChange } from "./crash-options.ts";
import { diskError } from "./disk-fault.ts";
import type { DiskFault, DiskHook, DiskOperation } from "./disk-fault.ts";
import { DiskQueue, raise } from "./disk-queue.ts";
import { SimDirectory } from "./sim-directory.ts";
import type { SimNode } from "./sim-directory.ts";
import { SimFileHandle } from "./sim-file-handle.ts";
import type { DiskSpace } from "./sim-file-handle.ts";
import { SimFile } from "./sim-file.ts";
import { emptyTree, filesOf, findNode, makeTree, sizeOf } from "./sim-tree.ts";

export interface SimFileSystemOptions {
  /** Everything that the disk leaves open follows from it. */
  readonly seed: number;
  /** Bytes of all files together before ENOSPC. Default: no limit. */
  readonly capacityBytes?: number | undefined;
  /**
   * A request takes up to this many turns of the microtask queue, drawn for each, so that requests
   * overtake one another. Default 3.
   */
  readonly turnsMax?: number | undefined;
}

interface Place {
  readonly parent: SimDirectory;
  readonly name: string;
}

/**
 * The file system port on a disk that forgets: what was not synced when `crash` comes is kept,
 * torn, reordered or lost. Deterministic: the same seed and the same requests give the same
 * disk. There are no timers. One instance serves one process: `crash` and `kill` return the
 * next one.
 */
export class SimFileSystem implements FileSystem {
  readonly #queue: DiskQueue;
  readonly #turnsMax: number;
  readonly #space: DiskSpace;
  readonly #locks = new Set<string>();
  #root = new SimDirectory();

  constructor(options: SimFileSystemOptions) {
    this.#turnsMax = options.turnsMax ?? 3;
    this.#queue = new DiskQueue(new SeededRandom(options.seed), this.#turnsMax);
    const capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#space = { capacityBytes, usedBytes: 0, openHandles: 0 };
  }

  /** Asked before each request. */
  set hook(hook: DiskHook | undefined) {
    this.#queue.hook = hook;
  }

  set capacityBytes(bytes: number) {
    this.#space.capacityBytes = bytes;
  }

  get usedBytes(): number {
    return this.#space.usedBytes;
  }

  /** Requests so far. */
  get requestCount(): number {
    return this.#queue.requestCount;
  }

  /** Handles that the running process has not closed. */
  get openHandles(): number {
    return this.#space.openHandles;
  }

  /** Resolves when a `halt` fault has cut the running process off: `crash` or `kill` is due. */
  get halted(): Promise<void> {
    return this.#queue.halted;
  }

  /** Every change that is not durable. */
  pending(): PendingChange[] {
    return [...this.#root.pending("")];
  }

  /**
   * A disk in the same state, writes under way landed; later changes are apart, open handles and
   * locks stay behind.
   */
  fork(seed: number): SimFileSystem {
    const { capacityBytes, usedBytes } = this.#space;
    const copy = new SimFileSystem({ seed, capacityBytes, turnsMax: this.#turnsMax });
    const copies = new Map<SimNode, SimNode>();
    copy.#root = this.#root.fork(copies);
    copy.#space.usedBytes = usedBytes;
    for (const { file, land } of this.#queue.inFlight) {
      const node = copies.get(file);
      if (node instanceof SimFile) land(node);
    }
    return copy;
  }

  /** The power fails: the disk as the next boot finds it. This one is dead with its process. */
  crash(options: CrashOptions = {}): SimFileSystem {
    const next = this.kill();
    next.#root.crash("", next.#plan(options));
    next.#space.usedBytes = sizeOf(next.#root);
    return next;
  }

  /**
   * The process dies and the machine lives: nothing written is lost, nothing becomes durable.
   * Returns the disk for the next process; requests to this one never settle.
   */
  kill(): SimFileSystem {
    this.#queue.cutOff();
    const { capacityBytes, usedBytes } = this.#space;
    const seed = this.#queue.random.below(2 ** 32);
    const next = new SimFileSystem({ seed, capacityBytes, turnsMax: this.#turnsMax });
    next.#root = this.#root;
    next.#space.usedBytes = usedBytes;
    this.#root = new SimDirectory();
    return next;
  }

  /** Changes one byte of a file for good, below every cache: rot. */
  damage(path: string, offset: number, change: (byte: number) => number): void {
    const file = this.#file(path, "damage");
    const byte = new Uint8Array(1);
    if (file.read(byte, offset) === 0) throw diskError("EINVAL", "damage", path);
    file.damage(offset, Uint8Array.of(change(byte[0] as number) & 0xff));
  }

  /** Paths of all files, sorted. */
  files(): string[] {
    return [...filesOf("", this.#root)].map(([path]) => path).sort();
  }

  /** What a file holds, for a test to look at; no request. @throws ENOENT. */
  peek(path: string): Uint8Array {
    return this.#file(path, "peek").bytes();
  }

  async open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    await this.#request("open", path);
    const { parent, name } = this.#place(path, "open");
    if (options.create && !parent.entries.has(name)) parent.create(name, new SimFile());
    return this.#handle(path);
  }

  openSync(path: string): FileHandle {
    raise(this.#queue.requestSync({ operation: "open", path }), "open", path);
    return this.#handle(path);
  }

  async readFile(path: string): Promise<Uint8Array> {
    await this.#request("read", path);
    return this.#file(path, "open").bytes();
  }

  async list(path: string): Promise<string[]> {
    await this.#request("list", path);
    const node = findNode(this.#root, path);
    if (node === undefined) return [];
    if (node instanceof SimFile) throw diskError("ENOTDIR", "scandir", path);
    const names = [...node.entries.keys()];
    // A directory has no order; whoever relies on one should fail here first.
    for (let at = names.length - 1; at > 0; at--) {
      const other = this.#queue.random.below(at + 1);
      [names[at], names[other]] = [names[other] as string, names[at] as string];
    }
    return names;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#request("makeDirectory", path);
    makeTree(this.#root, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#request("rename", from);
    const source = this.#place(from, "rename");
    const target = this.#place(to, "rename");
    const node = source.parent.entries.get(source.name);
    if (node === undefined) throw diskError("ENOENT", "rename", from);
    const replaced = target.parent.entries.get(target.name);
    if (replaced === node) return;
    if (replaced !== undefined) this.#space.usedBytes -= sizeOf(replaced);
    if (source.parent === target.parent) {
      source.parent.rename(source.name, target.name, node);
      return;
    }
    target.parent.create(target.name, node);
    source.parent.remove(source.name);
  }

  async remove(path: string): Promise<void> {
    await this.#request("remove", path);
    const node = findNode(this.#root, path);
    if (node === undefined) return;
    const { parent, name } = this.#place(path, "unlink");
    this.#space.usedBytes -= sizeOf(node);
    emptyTree(node);
    parent.remove(name);
  }

  async syncDirectory(path: string): Promise<void> {
    const asked = findNode(this.#root, path);
    const sequence = asked instanceof SimDirectory ? asked.sequence : 0;
    const fault = await this.#request("syncDirectory", path);
    if (!(asked instanceof SimDirectory)) throw diskError("ENOENT", "open", path);
    if (fault !== "lost") asked.sync(sequence);
  }

  async freeBytes(): Promise<number> {
    return this.#space.capacityBytes - this.#space.usedBytes;
  }

  async lock(path: string): Promise<FileLock | undefined> {
    await this.#request("lock", path);
    makeTree(this.#root, path.slice(0, path.lastIndexOf("/")));
    const { parent, name } = this.#place(path, "open");
    if (!parent.entries.has(name)) parent.create(name, new SimFile());
    if (this.#locks.has(path)) return undefined;
    this.#locks.add(path);
    let held = true;
    return {
      release: async () => {
        if (held) this.#locks.delete(path);
        held = false;
      },
    };
  }

  #handle(path: string): FileHandle {
    const file = this.#file(path, "open");
    const plan = (): CrashPlan => this.#plan({ keep: "any" });
    return new SimFileHandle({ file, path, queue: this.#queue, space: this.#space, plan });
  }

  async #request(operation: DiskOperation, path: string): Promise<DiskFault | undefined> {
    const fault = await this.#queue.request({ operation, path });
    raise(fault, operation, path);
    return fault;
  }

  #plan(options: CrashOptions): CrashPlan {
    const { random } = this.#queue;
    const { keep = "any" } = options;
    // One disk in four loses (or keeps) nearly everything: a fair coin for each write never does.
    const odds = [2, 2, 10, 18][random.below(4)] as number;
    const keeps = (change: PendingChange): boolean => {
      if (typeof keep === "function") return keep(change);
      return keep === "any" ? random.below(20) < odds : keep === "all";
    };
    return {
      keeps,
      tear: options.tear ?? keep === "any",
      staleLength: options.staleLength ?? keep === "any",
      below: (bound) => random.below(bound),
      garbage: (length) => this.#garbage(length),
    };
  }

  #garbage(length: number): Uint8Array {
    const { random } = this.#queue;
    const files = [...filesOf("", this.#root)];
    const bytes = files[random.below(files.length + 1)]?.[1].bytes();
    if (bytes === undefined || bytes.length < length) return random.bytes(length);
    const start = random.below(bytes.length - length + 1);
    return bytes.subarray(start, start + length);
  }

  #file(path: string, operation: string): SimFile {
    const node = findNode(this.#root, path);
    if (node === undefined) throw diskError("ENOENT", operation, path);
    if (node instanceof SimDirectory) throw diskError("EISDIR", operation, path);
    return node;
  }

  #place(path: string, operation: string): Place {
    const slash = path.lastIndexOf("/");
    const parent = findNode(this.#root, path.slice(0, slash));
    if (!(parent instanceof SimDirectory)) throw diskError("ENOENT", operation, path);
    return { parent, name: path.slice(slash + 1) };
  }
}
