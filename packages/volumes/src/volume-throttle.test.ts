import { ManualClock } from "@firn/core";
import { expect, test } from "vitest";
import { resolvePerformance, type VolumePerformanceRequest } from "./volume-types.ts";
import { VolumeThrottle } from "./volume-throttle.ts";

const KIB = 1024;
const MIB: number = KIB * KIB;

/** A volume that is read at random places for as long as it lets itself, for `seconds`. */
function run(
  request: VolumePerformanceRequest,
  load: { readonly seconds: number; readonly bytes: number; readonly sequential?: boolean },
): { readonly perSecond: number[]; readonly throttle: VolumeThrottle } {
  const clock = new ManualClock(0);
  const throttle = new VolumeThrottle(clock, resolvePerformance(request));
  const perSecond: number[] = [];
  let offset = 0;
  for (let second = 0; second < load.seconds; second++) {
    let count = 0;
    // One operation at a time: each begins when its delay is over.
    for (const end = (second + 1) * 1000; clock.now() < end; count++) {
      offset = load.sequential === true ? offset + load.bytes : offset + 3 * load.bytes;
      const delayMs = throttle.delayOf(offset, load.bytes);
      if (clock.now() + delayMs >= end) {
        clock.advance(end - clock.now());
        break;
      }
      clock.advance(delayMs);
    }
    perSecond.push(count);
  }
  return { perSecond, throttle };
}

/** Operations a second over the run, its first second aside: that one spends the depth. */
function rate(perSecond: readonly number[]): number {
  const later = perSecond.slice(1);
  return later.reduce((sum, count) => sum + count, 0) / later.length;
}

test.each<[string, VolumePerformanceRequest, number, number]>([
  ["gp3 as it comes", { volumeType: "gp3", sizeGiB: 10 }, 4 * KIB, 3000],
  ["gp3 with more", { volumeType: "gp3", sizeGiB: 100, iops: 5000 }, 4 * KIB, 5000],
  ["gp3 by its throughput", { volumeType: "gp3", sizeGiB: 10 }, 256 * KIB, 500],
  ["large gp2", { volumeType: "gp2", sizeGiB: 2000 }, 4 * KIB, 6000],
  ["io1", { volumeType: "io1", sizeGiB: 100, iops: 1000 }, 4 * KIB, 1000],
  ["io1 by its throughput", { volumeType: "io1", sizeGiB: 100, iops: 1000 }, 512 * KIB, 500],
  ["io2", { volumeType: "io2", sizeGiB: 100, iops: 4000 }, 16 * KIB, 4000],
  ["standard", { volumeType: "standard", sizeGiB: 10 }, 4 * KIB, 100],
])("%s keeps its rate", (_name, request, bytes, expected) => {
  const { perSecond } = run(request, { seconds: 6, bytes });
  expect(rate(perSecond) / expected).toBeGreaterThan(0.9);
  expect(rate(perSecond) / expected).toBeLessThan(1.1);
});

test("gp2 of 100 GiB bursts for half an hour and then has its base rate", () => {
  const clock = new ManualClock(0);
  const gp2 = resolvePerformance({ volumeType: "gp2", sizeGiB: 100 });
  const throttle = new VolumeThrottle(clock, gp2);
  expect(throttle.burstBalance).toBe(100);
  // 3000 a second spend 2700 credits more than come in.
  for (let second = 0; second < 1000; second++) {
    for (let i = 0; i < 3000; i++) throttle.delayOf(i * 8192, 4096);
    clock.advance(1000);
  }
  expect(throttle.burstBalance).toBeCloseTo(50, 0);
  for (let second = 0; second < 1100; second++) {
    for (let i = 0; i < 3000; i++) throttle.delayOf(i * 8192, 4096);
    clock.advance(1000);
  }
  expect(throttle.burstBalance).toBe(0);
  const fresh = new VolumeThrottle(clock, gp2);
  fresh.change(gp2);
  expect(fresh.burstBalance).toBe(100);
  clock.advance(3_600_000 * 10);
  expect(throttle.burstBalance).toBe(100);
});

test("a disk counts a small request at a random place as 1 MiB, and merges what is in sequence", () => {
  const st1 = { volumeType: "st1", sizeGiB: 1024 };
  const random = run(st1, { seconds: 4, bytes: 64 * KIB });
  expect(rate(random.perSecond)).toBeLessThan(260);
  const sequential = run(st1, { seconds: 4, bytes: 64 * KIB, sequential: true });
  expect(rate(sequential.perSecond)).toBeGreaterThan(3600);
  expect(sequential.throttle.burstBalance).toBeLessThan(100);
});

test("types without credits have no burst balance", () => {
  const { throttle } = run({ volumeType: "gp3", sizeGiB: 10 }, { seconds: 1, bytes: MIB });
  expect(throttle.burstBalance).toBeUndefined();
});
