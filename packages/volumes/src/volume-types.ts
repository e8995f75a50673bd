/** The volume types of EBS: which sizes, IOPS and throughput each of them takes. */
import { volumeError } from "./errors.ts";

export type VolumeType = "gp2" | "gp3" | "io1" | "io2" | "st1" | "sc1" | "standard";

/** What a volume promises; `undefined` where the type has no such figure. */
export interface VolumePerformance {
  readonly volumeType: VolumeType;
  readonly sizeGiB: number;
  /** I/O operations a second. */
  readonly iops: number | undefined;
  /** MiB a second; gp3 alone. */
  readonly throughput: number | undefined;
}

export interface VolumePerformanceRequest {
  readonly volumeType?: string | undefined;
  readonly sizeGiB: number;
  readonly iops?: number | undefined;
  readonly throughput?: number | undefined;
}

interface TypeLimits {
  readonly sizeMin: number;
  readonly sizeMax: number;
  /** Absent: the type's IOPS cannot be chosen. */
  readonly iops?: { readonly min: number; readonly max: number; readonly perGiB: number };
  readonly iopsRequired?: boolean;
  readonly iopsIncluded?: number;
}

/** @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
const limits: Readonly<Record<VolumeType, TypeLimits>> = {
  gp2: { sizeMin: 1, sizeMax: 16_384 },
  gp3: {
    sizeMin: 1,
    sizeMax: 65_536,
    iops: { min: 3000, max: 80_000, perGiB: 500 },
    iopsIncluded: 3000,
  },
  io1: {
    sizeMin: 4,
    sizeMax: 16_384,
    iops: { min: 100, max: 64_000, perGiB: 50 },
    iopsRequired: true,
  },
  io2: {
    sizeMin: 4,
    sizeMax: 65_536,
    iops: { min: 100, max: 256_000, perGiB: 1000 },
    iopsRequired: true,
  },
  st1: { sizeMin: 125, sizeMax: 16_384 },
  sc1: { sizeMin: 125, sizeMax: 16_384 },
  standard: { sizeMin: 1, sizeMax: 1024 },
};

const GP3_THROUGHPUT = { min: 125, max: 2000, perIops: 0.25 };
const GP2_IOPS = { perGiB: 3, min: 100, max: 16_000 };

/** The types' names, in the order in which AWS lists them. */
export const volumeTypes: readonly VolumeType[] = Object.keys(limits) as VolumeType[];

/**
 * Checks a request against its type and fills in what the type includes.
 * @throws FIRN_VOLUME_TYPE_UNKNOWN, FIRN_VOLUME_PARAMETER, FIRN_VOLUME_PARAMETER_MISSING,
 * FIRN_VOLUME_PARAMETER_COMBINATION.
 */
export function resolvePerformance(request: VolumePerformanceRequest): VolumePerformance {
  const volumeType = typeNamed(request.volumeType ?? "gp2");
  checkSize(volumeType, request.sizeGiB);
  const iops = resolveIops(volumeType, request);
  const throughput = resolveThroughput(volumeType, request.throughput, iops);
  return { volumeType, sizeGiB: request.sizeGiB, iops, throughput };
}

function typeNamed(name: string): VolumeType {
  const type = volumeTypes.find((candidate) => candidate === name);
  if (type !== undefined) return type;
  throw volumeError("FIRN_VOLUME_TYPE_UNKNOWN", `Unknown volume type: ${name}`, {
    detail: { volumeType: name },
  });
}

function checkSize(type: VolumeType, sizeGiB: number): void {
  const { sizeMin, sizeMax } = limits[type];
  if (!Number.isSafeInteger(sizeGiB)) {
    throw invalid("size", sizeGiB, `Value (${sizeGiB}) for parameter size is invalid.`);
  }
  if (sizeGiB < sizeMin) {
    const text = `Volume of ${sizeGiB}GiB is too small for volume type ${type}; minimum is ${sizeMin}GiB.`;
    throw invalid("size", sizeGiB, text);
  }
  if (sizeGiB > sizeMax) {
    const text = `Volume of ${sizeGiB}GiB is too large for volume type ${type}; maximum is ${sizeMax}GiB.`;
    throw invalid("size", sizeGiB, text);
  }
}

function resolveIops(type: VolumeType, request: VolumePerformanceRequest): number | undefined {
  const { iops, sizeGiB } = request;
  const { iops: allowed, iopsIncluded, iopsRequired } = limits[type];
  if (type === "gp2" && iops === undefined) {
    return Math.min(GP2_IOPS.max, Math.max(GP2_IOPS.min, GP2_IOPS.perGiB * sizeGiB));
  }
  if (allowed === undefined) {
    if (iops !== undefined) throw unsupported("iops", type);
    return undefined;
  }
  if (iops === undefined) {
    if (iopsRequired) {
      const text = "The request must contain the parameter iops";
      throw volumeError("FIRN_VOLUME_PARAMETER_MISSING", text, { detail: { parameter: "iops" } });
    }
    return iopsIncluded;
  }
  const { min, max, perGiB } = allowed;
  if (iops < min) {
    throw invalid("iops", iops, `Volume iops of ${iops} is too low; minimum is ${min}.`);
  }
  if (iops > max) {
    throw invalid("iops", iops, `Volume iops of ${iops} is too high; maximum is ${max}.`);
  }
  // What the type includes comes with every size.
  if (iops > (iopsIncluded ?? 0) && iops > perGiB * sizeGiB) {
    const ratio = (iops / sizeGiB).toFixed(6);
    const text = `Iops to volume size ratio of ${ratio} is too high; maximum is ${perGiB}.`;
    throw invalid("iops", iops, text);
  }
  return iops;
}

function resolveThroughput(
  type: VolumeType,
  throughput: number | undefined,
  iops: number | undefined,
): number | undefined {
  if (type !== "gp3") {
    if (throughput !== undefined) throw unsupported("throughput", type);
    return undefined;
  }
  const { min, max, perIops } = GP3_THROUGHPUT;
  if (throughput === undefined) return min;
  if (throughput < min) {
    const text = `Volume throughput of ${throughput} MiBps is too low; minimum is ${min} MiBps.`;
    throw invalid("throughput", throughput, text);
  }
  if (throughput > max) {
    const text = `Volume throughput of ${throughput} MiBps is too high; maximum is ${max} MiBps.`;
    throw invalid("throughput", throughput, text);
  }
  const ratio = throughput / (iops as number);
  if (ratio > perIops) {
    const text =
      `Throughput (MiBps) to iops ratio of ${ratio.toFixed(6)} is too high; ` +
      `maximum is ${perIops.toFixed(6)} MiBps per iops.`;
    throw invalid("throughput", throughput, text);
  }
  return throughput;
}

function invalid(parameter: string, value: number, text: string): Error {
  return volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter, value } });
}

function unsupported(parameter: string, type: VolumeType): Error {
  const text = `The parameter ${parameter} is not supported for ${type} volumes.`;
  return volumeError("FIRN_VOLUME_PARAMETER_COMBINATION", text, { detail: { parameter } });
}
