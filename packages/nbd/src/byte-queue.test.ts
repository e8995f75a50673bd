import { SeededRandom } from "@firn/core";
import { testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

/** Takes, drops or looks at the next bytes; returns how many are gone. */
function step(queue: ByteQueue, ahead: Buffer, random: SeededRandom): number {
  const length = random.below(120);
  const isThere = length <= ahead.length;
  const wanted = ahead.subarray(0, length);
  switch (random.below(3)) {
    case 0:
      expect(queue.drop(length)).toBe(wanted.length);
      return wanted.length;
    case 1:
      expect(queue.peek(length)).toBe(isThere);
      if (isThere) expect(queue.front.subarray(queue.at, queue.at + length)).toEqual(wanted);
      return 0;
    default:
      expect(queue.take(length)).toEqual(isThere ? wanted : undefined);
      return isThere ? length : 0;
  }
}

test("bytes come out as they went in, however they were cut and are taken", () => {
  const random = new SeededRandom(testSeed());
  const all = Buffer.from(random.bytes(4000));
  for (let round = 0; round < 20; round++) {
    const queue = new ByteQueue();
    let [pushed, taken] = [0, 0];
    while (taken < all.length) {
      const end = Math.min(all.length, pushed + random.below(90));
      if (end > pushed) queue.push(all.subarray(pushed, end));
      pushed = end;
      taken += step(queue, all.subarray(taken, pushed), random);
      expect(queue.length).toBe(pushed - taken);
    }
  }
});
