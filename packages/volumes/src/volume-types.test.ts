import { expect, test } from "vitest";
import { resolvePerformance } from "./volume-types.ts";
import type { VolumePerformanceRequest } from "./volume-types.ts";

test.each<[VolumePerformanceRequest, number | undefined, number | undefined]>([
  [{ sizeGiB: 1 }, 100, undefined],
  [{ volumeType: "gp2", sizeGiB: 100 }, 300, undefined],
  [{ volumeType: "gp2", sizeGiB: 16_384 }, 16_000, undefined],
  [{ volumeType: "gp3", sizeGiB: 1 }, 3000, 125],
  [{ volumeType: "gp3", sizeGiB: 65_536 }, 3000, 125],
  [{ volumeType: "gp3", sizeGiB: 160, iops: 80_000, throughput: 2000 }, 80_000, 2000],
  [{ volumeType: "gp3", sizeGiB: 1, throughput: 750 }, 3000, 750],
  [{ volumeType: "io1", sizeGiB: 4, iops: 200 }, 200, undefined],
  [{ volumeType: "io2", sizeGiB: 256, iops: 256_000 }, 256_000, undefined],
  [{ volumeType: "st1", sizeGiB: 125 }, undefined, undefined],
  [{ volumeType: "sc1", sizeGiB: 16_384 }, undefined, undefined],
  [{ volumeType: "standard", sizeGiB: 1024 }, undefined, undefined],
])("%j has %s IOPS and %s MiB/s", (request, iops, throughput) => {
  const volumeType = request.volumeType ?? "gp2";
  const { sizeGiB } = request;
  expect(resolvePerformance(request)).toEqual({ volumeType, sizeGiB, iops, throughput });
});

const INVALID = "FIRN_VOLUME_PARAMETER";
const MISSING = "FIRN_VOLUME_PARAMETER_MISSING";
const COMBINATION = "FIRN_VOLUME_PARAMETER_COMBINATION";

test.each<[VolumePerformanceRequest, string, RegExp]>([
  [{ volumeType: "gp9", sizeGiB: 1 }, "FIRN_VOLUME_TYPE_UNKNOWN", /gp9/],
  [{ volumeType: "toString", sizeGiB: 1 }, "FIRN_VOLUME_TYPE_UNKNOWN", /toString/],
  [{ sizeGiB: 0 }, INVALID, /minimum is 1GiB/],
  [{ sizeGiB: 1.5 }, INVALID, /parameter size/],
  [{ sizeGiB: Number.NaN }, INVALID, /parameter size/],
  [{ sizeGiB: 16_385 }, INVALID, /maximum is 16384GiB/],
  [{ volumeType: "gp3", sizeGiB: 65_537 }, INVALID, /maximum is 65536GiB/],
  [{ volumeType: "io1", sizeGiB: 3, iops: 100 }, INVALID, /minimum is 4GiB/],
  [{ volumeType: "st1", sizeGiB: 124 }, INVALID, /minimum is 125GiB/],
  [{ volumeType: "standard", sizeGiB: 1025 }, INVALID, /maximum is 1024GiB/],
  [{ volumeType: "io1", sizeGiB: 4 }, MISSING, /iops/],
  [{ volumeType: "io2", sizeGiB: 4 }, MISSING, /iops/],
  [{ volumeType: "gp3", sizeGiB: 100, iops: 2999 }, INVALID, /minimum is 3000/],
  [{ volumeType: "gp3", sizeGiB: 1000, iops: 80_001 }, INVALID, /maximum is 80000/],
  [{ volumeType: "gp3", sizeGiB: 10, iops: 5001 }, INVALID, /ratio of 500\.1/],
  [{ volumeType: "io1", sizeGiB: 4, iops: 201 }, INVALID, /maximum is 50/],
  [{ volumeType: "io2", sizeGiB: 4, iops: 4001 }, INVALID, /maximum is 1000/],
  [{ volumeType: "gp3", sizeGiB: 100, throughput: 124 }, INVALID, /minimum is 125/],
  [{ volumeType: "gp3", sizeGiB: 100, throughput: 2001 }, INVALID, /maximum is 2000/],
  [{ volumeType: "gp3", sizeGiB: 100, throughput: 751 }, INVALID, /per iops/],
  [{ volumeType: "gp2", sizeGiB: 100, iops: 300 }, COMBINATION, /iops/],
  [{ volumeType: "st1", sizeGiB: 500, iops: 500 }, COMBINATION, /iops/],
  [{ volumeType: "io2", sizeGiB: 100, iops: 100, throughput: 125 }, COMBINATION, /throughput/],
])("%j is refused with %s", (request, code, message) => {
  expect(() => resolvePerformance(request)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
