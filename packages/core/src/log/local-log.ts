/**
 * The log on a local disk: a folder of segment files.
 *
 * Writing to fresh blocks costs a journal commit per sync, so for small groups room is prepared
 * ahead: zeros are written and synced before it is needed. That is also where a full disk is met:
 * `prepare` fails, the log stays as it was, and nothing that was accepted can run out of room. The
 * last part of the prepared room is a reserve for deletes. Large groups take room as it is, while
 * there is plenty (fresh-room.ts).
 *
 * The first segment grows behind the head, in steps that double, so that a small store stays small.
 * A sync of a file writes whatever of it is dirty, zeros too: each later segment is therefore
 * zeroed while the one before it fills, at the pace at which that happens, and no commit waits for
 * more zeros than one piece of them in the disk's own queue.
 *
 * A segment is created whole (file, header, first zeros, sync, directory) before the manifest names
 * it. Before the first write into a new segment the old one is synced, so at most one segment holds
 * bytes that are not durable.
 */
import { coreError } from "../errors.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { Position } from "../store-api.ts";
import { asDiskFull, createSegment, isRefusal } from "./create-segment.ts";
import { FreshRoom } from "./fresh-room.ts";
import { FRAME_BYTES, SEGMENT_HEADER_BYTES, encodeFrame } from "./frame.ts";
import type { SegmentEntry } from "./manifest.ts";
import type { LogHome } from "./log-home.ts";
import { readTail } from "./read-tail.ts";
import type { SegmentFiles } from "./segment-files.ts";
import type { LogGroup, LoggedRecord, ShardLog, TailStart } from "./shard-log.ts";

/** Kept back from ordinary writes: enough for thousands of deletes on a full disk. */
const RESERVE_FRACTION = 8;
const RESERVE_BYTES_MAX = 64 * 1024;
const PREPARE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Zeros written between two syncs: what a commit may have to wait for, 1 to 3 ms. */
const ZERO_PIECE_BYTES: number = 1024 * 1024;
/** From this part of a segment on the next one is prepared; it is ready when this one is full. */
const NEXT_FROM = 1 / 4;

/** A segment that is written to, or will be next. */
interface OpenSegment {
  readonly entry: SegmentEntry;
  readonly handle: FileHandle;
  readonly salt: bigint;
  /** File offset up to which groups may be placed: blocks are zeroed, or may be taken. */
  preparedBytes: number;
  /** File offset behind the last group appended. */
  writtenBytes: number;
}

/** A segment, and whether its file may still change. */
export interface WrittenSegment {
  readonly entry: SegmentEntry & { readonly sealedBytes: number };
  readonly isSealed: boolean;
}

export class LocalLog implements ShardLog {
  readonly frameBytes: number = FRAME_BYTES;
  readonly #home: LogHome;
  readonly #files: SegmentFiles;
  readonly #reserveBytes: number;
  readonly #fresh: FreshRoom;
  /** The one being written, then the ones that follow it. */
  #open: OpenSegment[] = [];
  #head: Position;
  #prepareBytes: number;
  #zeros: Uint8Array | undefined;
  #preparing: Promise<void> | undefined;
  /** Segments behind the head, being sealed one after the other; never rejects. */
  #sealing: Promise<void> = Promise.resolve();
  /** What preparing or sealing met, a full disk aside: the next append fails with it. */
  #failure: Error | undefined;

  /** Use `recoverLog`. */
  constructor(home: LogHome, files: SegmentFiles, head: Position) {
    this.#home = home;
    this.#files = files;
    this.#head = head;
    this.#fresh = new FreshRoom(home);
    this.#prepareBytes = home.limits.prepareBytes;
    this.#reserveBytes = Math.min(
      RESERVE_BYTES_MAX,
      Math.floor(home.limits.prepareBytes / RESERVE_FRACTION),
    );
  }

  get head(): Position {
    return this.#head;
  }

  place(head: Position, bytes: number, reserve: boolean): Position | undefined {
    const needed = FRAME_BYTES + bytes;
    for (const segment of this.#open) {
      const start = Math.max(head, segment.entry.base + SEGMENT_HEADER_BYTES);
      if (start >= segment.entry.base + segment.entry.capacity) continue;
      if (start + needed <= this.#usableEnd(segment, reserve)) return start;
    }
    return undefined;
  }

  room(start: Position, reserve: boolean): number {
    const segment = this.#open.find((open) => start < open.entry.base + open.entry.capacity);
    return segment === undefined ? 0 : this.#usableEnd(segment, reserve) - start - FRAME_BYTES;
  }

  async prepare(head: Position, bytes: number): Promise<void> {
    while (this.place(head, bytes, false) === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      this.#preparing ??= this.#prepareOnce(head, bytes).finally(() => {
        this.#preparing = undefined;
      });
      await this.#preparing;
    }
  }

  async append(group: LogGroup, start: Position): Promise<Position> {
    if (this.#failure !== undefined) throw this.#failure;
    const segment = await this.#rollTo(start);
    const seal = { salt: segment.salt, hasher: this.#home.identity.hasher };
    const offset = start - segment.entry.base;
    if (offset !== segment.writtenBytes) {
      const detail = { expected: offset, found: segment.writtenBytes };
      throw coreError("FIRN_LOG_CONFLICT", "the log has another head", { detail });
    }
    await this.#write(segment, [encodeFrame(group, seal), ...group.parts], offset);
    segment.writtenBytes = offset + FRAME_BYTES + group.bytes;
    this.#fresh.note(group.bytes);
    this.#head = start + FRAME_BYTES + group.bytes;
    if (group.sync) await segment.handle.sync();
    this.#prepareAhead();
    return this.#head;
  }

  async sync(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#open[0]?.handle.sync();
  }

  read(position: Position, length: number): Promise<Uint8Array> {
    return this.#files.read(position, length);
  }

  readSync(position: Position, length: number): Uint8Array {
    return this.#files.readSync(position, length);
  }

  tail(from: TailStart): AsyncIterableIterator<LoggedRecord> {
    return readTail({ files: this.#files, identity: this.#home.identity }, from, this.#head);
  }

  /**
   * Every segment that holds something, each with where it ends now; all but those that fill are
   * sealed. The answer is of the moment in which it resolves.
   */
  async written(): Promise<WrittenSegment[]> {
    for (let sealing; sealing !== this.#sealing;) {
      sealing = this.#sealing;
      await sealing;
    }
    const ends = new Map(this.#open.map(({ entry, writtenBytes }) => [entry.id, writtenBytes]));
    return this.#files.entries.flatMap((entry) => {
      const sealedBytes = entry.sealedBytes ?? ends.get(entry.id) ?? 0;
      const isSealed = entry.sealedBytes !== undefined;
      const isEmpty = !isSealed && sealedBytes <= SEGMENT_HEADER_BYTES;
      return isEmpty ? [] : [{ entry: { ...entry, sealedBytes }, isSealed }];
    });
  }

  /** Seals what was written, so that the next open verifies every byte of it. */
  async close(): Promise<void> {
    await this.#stop();
    try {
      if (this.#open.length > 0) await this.#seal(this.#open);
    } finally {
      await this.abandon();
    }
  }

  /** Lets go of the files without another write: after a failure nothing more is trusted. */
  async abandon(): Promise<void> {
    await this.#stop();
    await this.#sealing;
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map((segment) => segment.handle.close()));
    await this.#files.close();
  }

  /** Whoever waits for room is refused. */
  async #stop(): Promise<void> {
    this.#failure ??= coreError("FIRN_STORE_CLOSED", "the store was closed");
    await this.#preparing?.catch(() => undefined);
    await this.#fresh.close();
  }

  #usableEnd(segment: OpenSegment, reserve: boolean): Position {
    return segment.entry.base + segment.preparedBytes - (reserve ? 0 : this.#reserveBytes);
  }

  /** The segment of `start`, with the ones before it synced, sealed and closed. */
  async #rollTo(start: Position): Promise<OpenSegment> {
    for (let first = this.#open[0]; first !== undefined; first = this.#open[0]) {
      if (start < first.entry.base + first.entry.capacity) return first;
      await first.handle.sync();
      this.#open.shift();
      const behind = first;
      this.#sealing = this.#sealing.then(() => this.#sealBehind(behind));
    }
    throw coreError("FIRN_LOG_CONFLICT", "the log has no room at that position", {
      detail: { start },
    });
  }

  /** Off the write path. */
  async #sealBehind(segment: OpenSegment): Promise<void> {
    try {
      await this.#seal([segment]);
    } catch (error) {
      this.#failure ??= error as Error;
    }
    await segment.handle.close().catch(() => undefined);
  }

  async #seal(segments: readonly OpenSegment[]): Promise<void> {
    const ends = new Map(segments.map(({ entry, writtenBytes }) => [entry.id, writtenBytes]));
    const sealed = (entry: SegmentEntry): SegmentEntry => {
      const sealedBytes = ends.get(entry.id);
      return sealedBytes === undefined ? entry : { ...entry, sealedBytes };
    };
    for (const { entry } of segments) this.#files.replace(sealed(entry));
    await this.#home.manifest.amend((state) => ({
      ...state,
      segments: state.segments.map(sealed),
    }));
  }

  /** Keeps room in front of the head: in the segment that fills, and in the one behind it. */
  #prepareAhead(): void {
    const [active, next] = this.#open;
    if (active === undefined || this.#preparing !== undefined) return;
    const { base, capacity } = active.entry;
    const { isLeft: isFresh, stepBytes } = this.#fresh;
    const ahead = isFresh ? stepBytes : this.#prepareBytes / 2;
    const isWhole = active.preparedBytes === capacity;
    if (!isWhole && base + active.preparedBytes - this.#head < ahead) {
      // A full disk is reported to whoever next needs the room.
      void this.prepare(this.#head, ahead).catch(() => undefined);
      return;
    }
    // What is not zeroed needs no head start, but for its file.
    if (isFresh ? next !== undefined : !isWhole) return;
    const from = capacity * NEXT_FROM;
    const wanted = Math.floor((capacity * (active.writtenBytes - from)) / (capacity - from));
    if (wanted <= (next?.preparedBytes ?? 0)) return;
    this.#preparing = this.#orRefuse(() => this.#prepareNext(wanted)).finally(() => {
      this.#preparing = undefined;
    });
    this.#preparing.catch(() => undefined);
  }

  async #prepareOnce(head: Position, bytes: number): Promise<void> {
    const needed = FRAME_BYTES + bytes + this.#reserveBytes;
    await this.#orRefuse(async () => {
      const endIn = ({ base }: SegmentEntry): number =>
        Math.max(head - base, SEGMENT_HEADER_BYTES) + needed;
      const holds = this.#open.find(({ entry }) => endIn(entry) <= entry.capacity);
      if (holds === undefined) {
        this.#open.push(await this.#createSegment(needed));
        return;
      }
      const least = endIn(holds.entry);
      const step = Math.max(least, holds.preparedBytes + this.#prepareBytes);
      await this.#extend(holds, step, least);
      this.#prepareBytes = Math.min(this.#prepareBytes * 2, PREPARE_BYTES_MAX);
    });
  }

  /** The segment behind the one that fills, up to `toBytes` of it. */
  async #prepareNext(toBytes: number): Promise<void> {
    const next = this.#open[1];
    if (next === undefined) this.#open.push(await this.#createSegment(this.#reserveBytes));
    else await this.#extend(next, toBytes);
  }

  /** A full disk refuses whoever waits for room; anything else ends the log. */
  async #orRefuse(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const full = asDiskFull(error);
      if (!isRefusal(full)) this.#failure ??= error as Error;
      throw full;
    }
  }

  /** A group that meets a full disk gets the reserve: what it was written of is written again. */
  async #write(segment: OpenSegment, parts: readonly Uint8Array[], offset: number): Promise<void> {
    try {
      await segment.handle.write(parts, offset);
    } catch (error) {
      if (!isRefusal(asDiskFull(error))) throw error;
      await this.#home.reserve.release();
      await segment.handle.write(parts, offset);
    }
  }

  /** Zeros up to `toBytes`; or, left as it is, a step and at least up to `leastBytes`. */
  async #extend(segment: OpenSegment, toBytes: number, leastBytes = toBytes): Promise<void> {
    const end = Math.min(segment.entry.capacity, toBytes);
    while (segment.preparedBytes < end) {
      const wanted = Math.max(leastBytes - segment.preparedBytes, this.#fresh.stepBytes);
      if (await this.#fresh.mayLeave(wanted)) {
        segment.preparedBytes = Math.min(segment.entry.capacity, segment.preparedBytes + wanted);
        return;
      }
      const zeros = this.#zerosFor(end - segment.preparedBytes);
      // Through a descriptor of its own: the kernel tells each once that pages were lost, and
      // groups that are not durable yet must hear of it too.
      await this.#files.with(segment.entry, async (handle) => {
        await handle.write([zeros], segment.preparedBytes);
        await handle.sync();
      });
      segment.preparedBytes += zeros.length;
    }
  }

  /** A piece of them; whole ones are the same memory each time. */
  #zerosFor(bytes: number): Uint8Array {
    if (bytes < ZERO_PIECE_BYTES) return new Uint8Array(bytes);
    this.#zeros ??= new Uint8Array(ZERO_PIECE_BYTES);
    return this.#zeros;
  }

  async #createSegment(needed: number): Promise<OpenSegment> {
    const bytes = SEGMENT_HEADER_BYTES + needed;
    const capacity = Math.max(this.#home.limits.segmentBytes, bytes);
    const isFresh = await this.#fresh.mayLeave(bytes);
    const zeroBytes = Math.min(this.#prepareBytes, ZERO_PIECE_BYTES);
    const firstBytes = isFresh ? this.#fresh.stepBytes : zeroBytes;
    const preparedBytes = Math.min(capacity, Math.max(firstBytes, bytes));
    const wanted = {
      kind: "commit",
      capacity,
      zeroBytes: isFresh ? 0 : preparedBytes - SEGMENT_HEADER_BYTES,
    } as const;
    const created = await createSegment(this.#home, this.#files, wanted);
    return { ...created, preparedBytes, writtenBytes: SEGMENT_HEADER_BYTES };
  }
}
