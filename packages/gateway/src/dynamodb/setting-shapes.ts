import type {
  OnDemandThroughput,
  StreamSpecification,
  StreamViewType,
  WarmThroughput,
} from "@firn/tables";
import { boolean, long, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";

/* Settings of tables beyond keys and indexes. */

export interface WireOnDemand {
  readonly MaxReadRequestUnits?: number | undefined;
  readonly MaxWriteRequestUnits?: number | undefined;
}

export const onDemandThroughput: Shape<WireOnDemand, false> = structure({
  MaxReadRequestUnits: long(),
  MaxWriteRequestUnits: long(),
});

export function onDemandOf(given: WireOnDemand | undefined): OnDemandThroughput | undefined {
  if (given === undefined) return undefined;
  return {
    maxReadRequestUnits: given.MaxReadRequestUnits,
    maxWriteRequestUnits: given.MaxWriteRequestUnits,
  };
}

export interface WireWarm {
  readonly ReadUnitsPerSecond?: number | undefined;
  readonly WriteUnitsPerSecond?: number | undefined;
}

export const warmThroughput: Shape<WireWarm, false> = structure({
  ReadUnitsPerSecond: long(),
  WriteUnitsPerSecond: long(),
});

export function warmOf(given: WireWarm | undefined): WarmThroughput | undefined {
  if (given === undefined) return undefined;
  return {
    readUnitsPerSecond: given.ReadUnitsPerSecond,
    writeUnitsPerSecond: given.WriteUnitsPerSecond,
  };
}

interface WireStream {
  readonly StreamEnabled: boolean;
  readonly StreamViewType?: StreamViewType | undefined;
}

export const streamSpecification: Shape<WireStream, false> = structure({
  StreamEnabled: boolean({ required: true }),
  StreamViewType: string({
    values: ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"],
  }),
});

export function streamOf(given: WireStream | undefined): StreamSpecification | undefined {
  if (given === undefined) return undefined;
  return { streamEnabled: given.StreamEnabled, streamViewType: given.StreamViewType };
}
