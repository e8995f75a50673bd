import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { SeededRandom } from "@firn/core";
import { testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { SLAB_BYTES, SLAB_REPLY_BYTES_MAX } from "./constants.ts";
import { Outbox } from "./outbox.ts";

/** A socket whose peer takes what was written when it is told to. */
class SlowSocket extends Duplex {
  readonly writes: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, taken: () => void): void {
    // Looked at only when the peer takes it: whoever changes it before that is found out.
    this.#waiting.push(() => {
      this.writes.push(Buffer.from(chunk));
      taken();
    });
  }

  /** Takes one write. */
  takeOne(): boolean {
    const next = this.#waiting.shift();
    next?.();
    return next !== undefined;
  }
}

const asSocket = (socket: SlowSocket): Socket => socket as unknown as Socket;

function reply(outbox: Outbox, bytes: number, fill: number): Buffer {
  return outbox.room(bytes).fill(fill);
}

test("replies of one turn are one write, in the order in which they were pushed", () => {
  const socket = new SlowSocket();
  const outbox = new Outbox();
  for (const fill of [1, 2, 3]) outbox.push(reply(outbox, 4, fill));
  expect(outbox.bytes).toBe(12);
  outbox.flush(asSocket(socket));
  expect(outbox.bytes).toBe(0);
  socket.takeOne();
  expect(socket.writes.map((bytes) => bytes.toString("hex"))).toEqual(["010101010202020203030303"]);
});

test("room that was given back is used again, and leaves no gap", () => {
  const socket = new SlowSocket();
  const outbox = new Outbox();
  outbox.push(reply(outbox, 2, 1));
  outbox.giveBack(reply(outbox, 1000, 9));
  outbox.push(reply(outbox, 2, 2));
  outbox.flush(asSocket(socket));
  socket.takeOne();
  expect(socket.writes.map((bytes) => bytes.toString("hex"))).toEqual(["01010202"]);
});

test("no reply is overwritten before the peer has taken it, however slow it is", () => {
  const random = new SeededRandom(testSeed());
  const socket = new SlowSocket();
  const outbox = new Outbox();
  const sent: Buffer[] = [];
  const late: Buffer[] = [];
  for (let step = 0; step < 3000; step++) {
    const isLarge = random.below(40) === 0;
    const most = isLarge ? 2 * SLAB_REPLY_BYTES_MAX : 5000;
    const made = reply(outbox, 1 + random.below(most), 1 + random.below(255));
    const choice = random.below(10);
    if (choice === 0) outbox.giveBack(made);
    else if (choice < 3) late.push(made);
    else push(made);
    if (random.below(4) === 0) for (const one of late.splice(0)) push(one);
    if (random.below(6) === 0) outbox.flush(asSocket(socket));
    for (let takes = random.below(3); takes > 0; takes--) socket.takeOne();
  }
  for (const one of late) push(one);
  outbox.flush(asSocket(socket));
  while (socket.takeOne());
  const [wanted, found] = [Buffer.concat(sent), Buffer.concat(socket.writes)];
  expect(wanted.length).toBeGreaterThan(4 * SLAB_BYTES);
  expect(found.equals(wanted)).toBe(true);

  function push(made: Buffer): void {
    sent.push(Buffer.from(made));
    outbox.push(made);
  }
});
