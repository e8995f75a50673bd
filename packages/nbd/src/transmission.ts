/**
 * Carries out the requests of one connection. What needs no disk is answered in the tick in which
 * it came; the rest runs side by side, and replies come as they are ready.
 */
import { FirnError } from "@firn/core";
import type { Volume } from "@firn/volumes";
import { EXTENTS_MAX, PAYLOAD_BYTES_MAX } from "./constants.ts";
import type { Negotiated } from "./negotiation.ts";
import { Command, CommandFlag, NbdError } from "./protocol.ts";
import type { MetaContext } from "./meta-contexts.ts";
import type { Outbox } from "./outbox.ts";
import { Replies } from "./replies.ts";
import type { ContextStatus } from "./replies.ts";
import type { NbdRequest } from "./request-parser.ts";

/** Flags that each command may carry; any other one is refused. */
const FLAGS: ReadonlyMap<number, number> = new Map([
  [Command.read, CommandFlag.df],
  [Command.write, CommandFlag.fua],
  [Command.flush, 0],
  [Command.trim, CommandFlag.fua],
  [Command.cache, 0],
  [Command.writeZeroes, CommandFlag.fua | CommandFlag.noHole | CommandFlag.fastZero],
  [Command.blockStatus, CommandFlag.reqOne],
]);

const CHANGING: readonly number[] = [Command.write, Command.trim, Command.writeZeroes];

export class Transmission {
  readonly #volume: Volume;
  readonly #contexts: readonly MetaContext[];
  readonly #extended: boolean;
  readonly #replies: Replies;

  readonly #outbox: Outbox;
  readonly #sentNow = (bytes: number): Buffer => this.#outbox.room(bytes);

  constructor(negotiated: Negotiated, outbox: Outbox) {
    this.#outbox = outbox;
    this.#volume = negotiated.target.volume;
    this.#contexts = negotiated.contexts;
    this.#extended = negotiated.replies === "extended";
    this.#replies = new Replies(negotiated.replies, outbox);
  }

  /** The reply, at once or as a promise that never rejects. */
  handle(request: NbdRequest): Buffer | Promise<Buffer> {
    const refused = this.#refusal(request);
    if (refused !== undefined) return this.#replies.error(request, refused);
    try {
      const reply = this.#start(request);
      if (!(reply instanceof Promise)) return reply;
      return reply.catch((error: unknown) => this.#failed(request, error));
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #start(request: NbdRequest): Buffer | Promise<Buffer> {
    switch (request.command) {
      case Command.read:
        return this.#read(request);
      case Command.write:
        return this.#write(request, request.payload as Buffer);
      case Command.blockStatus:
        return this.#blockStatus(request);
      case Command.cache:
        return this.#cache(request);
      default:
        return this.#change(request);
    }
  }

  #read(request: NbdRequest): Buffer | Promise<Buffer> {
    const now = this.#replies.forData(request, this.#sentNow);
    let isThere = false;
    try {
      isThere = this.#volume.readIntoSync(request.offset, now.subarray(this.#replies.dataAt));
    } finally {
      if (!isThere) this.#outbox.giveBack(now);
    }
    if (isThere) return now;
    const later = this.#replies.forData(request, Buffer.allocUnsafe);
    const data = later.subarray(this.#replies.dataAt);
    return this.#volume.readInto(request.offset, data).then(() => later);
  }

  #write(request: NbdRequest, payload: Buffer): Buffer | Promise<Buffer> {
    const done = this.#volume.writeSync(request.offset, payload);
    if (done && (request.flags & CommandFlag.fua) === 0) return this.#replies.ok(request);
    // The next request's payload may come to lie where this one does.
    const work = done ? undefined : this.#volume.write(request.offset, Buffer.from(payload));
    return this.#finish(request, work);
  }

  #change(request: NbdRequest): Promise<Buffer> {
    const { command, offset, length, flags } = request;
    if (command === Command.flush) return this.#finish(request, this.#volume.flush());
    if (command === Command.trim) return this.#finish(request, this.#volume.trim(offset, length));
    const noHole = (flags & CommandFlag.noHole) !== 0;
    return this.#finish(request, this.#volume.writeZeroes(offset, length, { noHole }));
  }

  async #finish(request: NbdRequest, work: Promise<void> | undefined): Promise<Buffer> {
    await work;
    if ((request.flags & CommandFlag.fua) !== 0) await this.#volume.flush();
    return this.#replies.ok(request);
  }

  async #blockStatus(request: NbdRequest): Promise<Buffer> {
    const { offset, length, flags } = request;
    const limit = (flags & CommandFlag.reqOne) === 0 ? EXTENTS_MAX : 1;
    const range = { offset, length, limit };
    const statuses: ContextStatus[] = [];
    for (const context of this.#contexts) {
      const extents = await context.status(this.#volume, range);
      statuses.push({ id: context.id, extents });
    }
    return this.#replies.blockStatus(request, statuses);
  }

  /** Reads the range, so that a later read finds it near. */
  async #cache(request: NbdRequest): Promise<Buffer> {
    const { offset, length } = request;
    const into = Buffer.allocUnsafe(Math.min(length, PAYLOAD_BYTES_MAX));
    for (let done = 0; done < length; done += into.length) {
      const part = into.subarray(0, Math.min(into.length, length - done));
      await this.#volume.readInto(offset + done, part);
    }
    return this.#replies.ok(request);
  }

  #refusal(request: NbdRequest): number | undefined {
    const { command, flags, offset, length } = request;
    const payloadFlag = this.#extended && command === Command.write ? CommandFlag.payload : 0;
    const known = FLAGS.get(command);
    const allowed = known === undefined ? undefined : known | payloadFlag;
    if (allowed === undefined || (flags & ~allowed) !== 0) return NbdError.EINVAL;
    if (command === Command.flush) return undefined;
    const changes = CHANGING.includes(command);
    if (this.#volume.readOnly && changes) return NbdError.EPERM;
    const beyond = offset + length > this.#volume.sizeBytes;
    if (beyond) return changes ? NbdError.ENOSPC : NbdError.EINVAL;
    if (command === Command.write && request.payload === undefined) return NbdError.EOVERFLOW;
    if (command === Command.read && length > PAYLOAD_BYTES_MAX) return NbdError.EOVERFLOW;
    const unasked =
      command === Command.blockStatus && (this.#contexts.length === 0 || length === 0);
    return unasked ? NbdError.EINVAL : undefined;
  }

  #failed(request: NbdRequest, error: unknown): Buffer {
    return this.#replies.error(request, errorNumber(error));
  }
}

function errorNumber(error: unknown): number {
  if (!(error instanceof FirnError)) return NbdError.EIO;
  if (error.code === "FIRN_DISK_FULL") return NbdError.ENOSPC;
  if (error.kind === "invalid") return NbdError.EINVAL;
  return error.kind === "closed" || error.kind === "notFound" ? NbdError.ESHUTDOWN : NbdError.EIO;
}
