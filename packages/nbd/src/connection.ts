import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Clock } from "@firn/core";
import type { Volumes } from "@firn/volumes";
import { ByteQueue } from "./byte-queue.ts";
import {
  CONNECTION_BYTES_MAX,
  HELD_BYTES_MAX,
  HANDSHAKE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  LEAVE_MS_MAX,
  OUTBOX_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  PAYLOAD_BYTES_SMALL,
  PAYLOAD_MS_MAX,
  REQUESTS_MAX,
} from "./constants.ts";
import { Negotiation } from "./negotiation.ts";
import type { Negotiated } from "./negotiation.ts";
import { Outbox } from "./outbox.ts";
import type { PayloadRoom } from "./payload-room.ts";
import { Command } from "./protocol.ts";
import { RequestParser } from "./request-parser.ts";
import type { NbdRequest } from "./request-parser.ts";
import { Transmission } from "./transmission.ts";

export interface ConnectionHome {
  readonly volumes: Volumes;
  /** What all connections of the server hold in memory together. */
  readonly held: HeldBytes;
  /** For payloads that are still arriving. */
  readonly payloads: PayloadRoom;
  /** Real time: for the handshake's limit. */
  readonly clock: Clock;
  /** When given, nothing but the encrypted protocol is spoken. */
  readonly tls?: SecureContext | undefined;
}

/** Bytes of requests under way and of replies that their clients have not taken. */
export interface HeldBytes {
  total: number;
}

/**
 * One client. Its socket is read only while the requests under way and their bytes are within
 * bounds and the client takes its replies, so a slow or greedy client fills nobody's memory.
 */
export class Connection {
  #socket: Socket;
  readonly #home: ConnectionHome;
  readonly #queue = new ByteQueue();
  #parser = new RequestParser();
  readonly #outbox = new Outbox();
  /** A flush of the outbox is due at the end of this turn. */
  #flushing = false;
  readonly #negotiation: Negotiation;
  #negotiated: Negotiated | undefined;
  #transmission: Transmission | undefined;
  #busy = false;
  #negotiating: Promise<void> = Promise.resolve();
  #requests = 0;
  #bytes = 0;
  /** This connection's part of what all of them hold. */
  #held = 0;
  /** Room for a payload that is arriving: none, waited for, or taken. */
  #room: { readonly bytes: number; state: "waiting" | "taken"; progressMs: number } | undefined;
  #cancelWatch: () => void = () => undefined;
  readonly #roomTaken = (): void => this.#tookRoom();
  #leaving = false;
  readonly ended: Promise<void>;

  constructor(socket: Socket, home: ConnectionHome) {
    this.#socket = socket;
    this.#home = home;
    this.#negotiation = new Negotiation(home.volumes, {
      send: (bytes) => void this.#socket.write(bytes),
      tls: home.tls === undefined ? "none" : "required",
    });
    socket.setNoDelay(true);
    this.#listen(socket);
    this.ended = new Promise((resolve) => {
      socket.once("close", () => void this.#closed().then(resolve, resolve));
    });
    this.#limitHandshake();
    this.#negotiation.greet();
  }

  /** Requests under way are answered, then the socket closes. */
  close(): void {
    this.#leave();
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("drain", () => this.#pump());
    // What a client that vanished leaves behind is told by "close".
    socket.on("error", () => undefined);
    socket.on("end", () => this.#leave());
  }

  /** From here on everything is encrypted. What was sent unencrypted before its time is no NBD. */
  #encrypt(tls: SecureContext): void {
    const plain = this.#socket;
    plain.removeAllListeners("data");
    plain.removeAllListeners("drain");
    plain.removeAllListeners("end");
    if (this.#queue.length > 0) return void plain.destroy();
    const socket = new TLSSocket(plain, { isServer: true, secureContext: tls });
    // A failed handshake ends both.
    socket.on("error", () => plain.destroy());
    plain.once("close", () => socket.destroy());
    socket.once("close", () => plain.destroy());
    this.#socket = socket;
    this.#listen(socket);
    this.#negotiation.encrypted();
  }

  #limitHandshake(): void {
    const cancel = this.#home.clock.schedule(HANDSHAKE_MS_MAX, () => {
      if (this.#transmission === undefined) this.#socket.destroy();
    });
    this.#socket.once("close", cancel);
  }

  #destroyAfter(delayMs: number): void {
    const cancel = this.#home.clock.schedule(delayMs, () => this.#socket.destroy());
    this.#socket.once("close", cancel);
  }

  #received(chunk: Buffer): void {
    // Nobody reads on: whoever goes on sending must not fill the memory.
    if (this.#leaving) return;
    this.#queue.push(chunk);
    this.#pump();
  }

  #pump(): void {
    if (this.#leaving) return;
    if (this.#transmission === undefined) {
      if (!this.#busy) this.#negotiating = this.#negotiate();
    } else this.#transmit(this.#transmission);
    if (this.#mustWait() || this.#readsAhead()) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  async #negotiate(): Promise<void> {
    this.#busy = true;
    try {
      for (let before = -1; before !== this.#queue.length;) {
        before = this.#queue.length;
        const state = await this.#negotiation.step(this.#queue);
        if (state === "left") return this.#leave();
        if (state === "tls") return this.#encrypt(this.#home.tls as SecureContext);
        if (state !== "more") return this.#begin(state);
      }
    } catch {
      // The engine failed while it looked the export up: nothing in the protocol says that better.
      this.#socket.destroy();
    } finally {
      this.#busy = false;
      if (this.#transmission !== undefined) this.#pump();
      else if (this.#socket.isPaused() && !this.#readsAhead()) this.#socket.resume();
    }
  }

  #begin(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    this.#parser = new RequestParser(negotiated.replies === "extended");
    this.#transmission = new Transmission(negotiated, this.#outbox);
  }

  #transmit(transmission: Transmission): void {
    try {
      while (!this.#mustWait()) {
        const request = this.#parser.next(this.#queue);
        if (request === undefined) {
          this.#askRoom(this.#parser.awaited);
          break;
        }
        this.#giveRoom();
        if (request === "bad") return void this.#socket.destroy();
        if (request.command === Command.disconnect) return this.#leave();
        this.#serve(transmission, request);
      }
    } finally {
      this.#sendReplies();
    }
  }

  #serve(transmission: Transmission, request: NbdRequest): void {
    const reply = transmission.handle(request);
    if (!(reply instanceof Promise)) {
      this.#outbox.push(reply);
      if (this.#outbox.bytes >= OUTBOX_BYTES_MAX) this.#sendReplies();
      return;
    }
    const bytes = bytesOf(request);
    this.#requests++;
    this.#bytes += bytes;
    void reply.then((ready) => {
      this.#requests--;
      this.#bytes -= bytes;
      this.#outbox.push(ready);
      this.#sendSoon();
    });
  }

  /** Replies that become ready together (a sync covers many) are one write. */
  #sendSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#sendReplies();
      if (this.#leaving) this.#endWhenIdle();
      else this.#pump();
    });
  }

  #sendReplies(): void {
    if (this.#socket.writable) this.#outbox.flush(this.#socket);
  }

  /** A large payload is read only when there is room for all of it: no two block each other. */
  #askRoom(bytes: number): void {
    if (this.#room !== undefined) {
      this.#room.progressMs = this.#home.clock.monotonicMs();
      return;
    }
    if (bytes <= PAYLOAD_BYTES_SMALL) return;
    this.#room = { bytes, state: "waiting", progressMs: 0 };
    if (this.#home.payloads.take(bytes, this.#roomTaken)) this.#tookRoom();
  }

  #tookRoom(): void {
    const room = this.#room;
    if (room === undefined) return;
    room.state = "taken";
    room.progressMs = this.#home.clock.monotonicMs();
    this.#watchPayload(room);
    if (this.#socket.isPaused() && !this.#mustWait()) this.#socket.resume();
  }

  /** Whoever keeps room that others wait for has to use it. */
  #watchPayload(room: { progressMs: number }): void {
    const { clock } = this.#home;
    const cancel = clock.schedule(PAYLOAD_MS_MAX, () => {
      if (this.#room !== room) return;
      if (clock.monotonicMs() - room.progressMs >= PAYLOAD_MS_MAX) this.#socket.destroy();
      else this.#watchPayload(room);
    });
    this.#cancelWatch();
    this.#cancelWatch = cancel;
  }

  #giveRoom(): void {
    const room = this.#room;
    if (room === undefined) return;
    this.#room = undefined;
    this.#cancelWatch();
    if (room.state === "taken") this.#home.payloads.give(room.bytes);
    else this.#home.payloads.forget(this.#roomTaken);
  }

  /** More has come than the next step can use. */
  #readsAhead(): boolean {
    if (this.#transmission === undefined) return this.#queue.length > HANDSHAKE_BYTES_MAX;
    return this.#room?.state === "waiting";
  }

  /**
   * Whoever waits because all connections hold too much holds something itself, so its own next
   * reply or drain wakes it; and one request at a time always gets through.
   */
  #mustWait(): boolean {
    const own = this.#bytes + this.#outbox.bytes + this.#socket.writableLength;
    this.#hold(own);
    const together = this.#home.held.total >= HELD_BYTES_MAX && own > 0;
    return together || own >= CONNECTION_BYTES_MAX || this.#requests >= REQUESTS_MAX;
  }

  #hold(bytes: number): void {
    this.#home.held.total += bytes - this.#held;
    this.#held = bytes;
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    // A client that does not take its replies must not hold up a close.
    this.#destroyAfter(LEAVE_MS_MAX);
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#requests === 0 && !this.#flushing) this.#socket.end(() => this.#socket.destroy());
  }

  async #closed(): Promise<void> {
    this.#leaving = true;
    this.#hold(0);
    this.#giveRoom();
    // The export may be opening: who vanishes meanwhile must not leave it open.
    await this.#negotiating;
    for (const context of this.#negotiated?.contexts ?? []) await context.close();
    await this.#negotiated?.target.volume.close();
  }
}

/** What a request that is under way holds in memory. */
function bytesOf({ command, payload, length }: NbdRequest): number {
  const reads = command === Command.read || command === Command.cache;
  return payload?.length ?? (reads ? Math.min(length, PAYLOAD_BYTES_MAX) : 0);
}
