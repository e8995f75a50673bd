import { FirnError } from "@firn/core";
import type { SnapshotDescription } from "@firn/volumes";
import { list, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import type { Ec2Context } from "./context.ts";
import { ec2Errors, missingParameter } from "./errors.ts";
import { checkSnapshotId } from "./ids.ts";
import { zoneNamed, zoneOfId, zonesOf } from "./zones.ts";

/** Zones by name or by id. */
export const fastRestoreInput: {
  readonly AvailabilityZones: Shape<readonly string[], false>;
  readonly AvailabilityZoneIds: Shape<readonly string[], false>;
} = {
  AvailabilityZones: list(string(), { name: "AvailabilityZone" }),
  AvailabilityZoneIds: list(string(), { name: "AvailabilityZoneId" }),
};

/** A snapshot's fast restore in a zone as the API spells it. */
export interface FastRestoreMember {
  readonly SnapshotId?: string | undefined;
  readonly AvailabilityZone?: string | undefined;
  readonly AvailabilityZoneId?: string | undefined;
  readonly State?: string | undefined;
  readonly StateTransitionReason?: string | undefined;
  readonly OwnerId?: string | undefined;
  readonly EnablingTime?: number | undefined;
  readonly OptimizingTime?: number | undefined;
  readonly EnabledTime?: number | undefined;
  readonly DisabledTime?: number | undefined;
}

export const fastRestoreMembers: {
  readonly [K in keyof FastRestoreMember]-?: Shape<NonNullable<FastRestoreMember[K]>, false>;
} = {
  SnapshotId: string({ name: "snapshotId" }),
  AvailabilityZone: string({ name: "availabilityZone" }),
  AvailabilityZoneId: string({ name: "availabilityZoneId" }),
  State: string({ name: "state" }),
  StateTransitionReason: string({ name: "stateTransitionReason" }),
  OwnerId: string({ name: "ownerId" }),
  EnablingTime: timestamp({ name: "enablingTime" }),
  OptimizingTime: timestamp({ name: "optimizingTime" }),
  EnabledTime: timestamp({ name: "enabledTime" }),
  DisabledTime: timestamp({ name: "disabledTime" }),
};

interface ZoneError {
  readonly AvailabilityZone?: string | undefined;
  readonly AvailabilityZoneId?: string | undefined;
  readonly Error?:
    | { readonly Code?: string | undefined; readonly Message?: string | undefined }
    | undefined;
}

interface Unsuccessful {
  readonly SnapshotId?: string | undefined;
  readonly FastSnapshotRestoreStateErrors?: readonly ZoneError[] | undefined;
}

const zoneError = structure({
  AvailabilityZone: string({ name: "availabilityZone" }),
  AvailabilityZoneId: string({ name: "availabilityZoneId" }),
  Error: structure(
    { Code: string({ name: "code" }), Message: string({ name: "message" }) },
    { name: "error" },
  ),
});

export const fastRestoreAnswer: {
  readonly Successful: Shape<readonly FastRestoreMember[], false>;
  readonly Unsuccessful: Shape<readonly Unsuccessful[], false>;
} = {
  Successful: list(structure(fastRestoreMembers), { name: "successful", item: "item" }),
  Unsuccessful: list(
    structure({
      SnapshotId: string({ name: "snapshotId" }),
      FastSnapshotRestoreStateErrors: list(zoneError, {
        name: "fastSnapshotRestoreStateErrorSet",
        item: "item",
      }),
    }),
    { name: "unsuccessful", item: "item" },
  ),
};

export interface FastRestoreRequest {
  readonly AvailabilityZones?: readonly string[] | undefined;
  readonly AvailabilityZoneIds?: readonly string[] | undefined;
  readonly SourceSnapshotIds: readonly string[];
}

interface Change {
  readonly state: "enabled" | "disabled";
  readonly change: (where: {
    readonly snapshotId: string;
    readonly availabilityZone: string;
  }) => Promise<SnapshotDescription>;
}

/** Changes each snapshot in each zone; what fails is told beside what did not. */
export async function changeFastRestores(
  { region, now }: Ec2Context,
  request: FastRestoreRequest,
  { state, change }: Change,
): Promise<{ Successful: FastRestoreMember[]; Unsuccessful: Unsuccessful[] }> {
  const { AvailabilityZones = [], AvailabilityZoneIds = [], SourceSnapshotIds } = request;
  const zones = [
    ...AvailabilityZones.map((name) => zoneNamed(region, name)),
    ...AvailabilityZoneIds.map((id) => zoneOfId(region, id)),
  ];
  if (zones.length === 0) throw missingParameter("AvailabilityZone");
  const successful: FastRestoreMember[] = [];
  const unsuccessful: Unsuccessful[] = [];
  for (const snapshotId of SourceSnapshotIds.map(checkSnapshotId)) {
    for (const { name: availabilityZone, id } of zones) {
      try {
        const snapshot = await change({ snapshotId, availabilityZone });
        successful.push(
          fastRestoreMember(snapshot, region, { availabilityZone, state, time: now() }),
        );
      } catch (error) {
        const failure = { AvailabilityZone: availabilityZone, AvailabilityZoneId: id };
        const errors = [{ ...failure, Error: zoneErrorOf(error) }];
        unsuccessful.push({ SnapshotId: snapshotId, FastSnapshotRestoreStateErrors: errors });
      }
    }
  }
  return { Successful: successful, Unsuccessful: unsuccessful };
}

export function fastRestoreMember(
  { snapshotId, ownerId }: SnapshotDescription,
  region: string,
  at: { availabilityZone: string; state: "enabled" | "disabled"; time: number },
): FastRestoreMember {
  const { availabilityZone, state, time } = at;
  const enabled = state === "enabled" ? time : undefined;
  return {
    SnapshotId: snapshotId,
    AvailabilityZone: availabilityZone,
    AvailabilityZoneId: zonesOf(region).find(({ name }) => name === availabilityZone)?.id,
    State: state,
    StateTransitionReason: "Client.UserInitiated",
    OwnerId: ownerId,
    EnablingTime: enabled,
    OptimizingTime: enabled,
    EnabledTime: enabled,
    DisabledTime: state === "disabled" ? time : undefined,
  };
}

/** An error that is about one snapshot; others are the whole call's. */
function zoneErrorOf(error: unknown): { readonly Code: string; readonly Message: string } {
  const mapping = error instanceof FirnError ? errorsByCode[error.code] : undefined;
  if (mapping === undefined || mapping.status >= 500) throw error;
  return { Code: mapping.code, Message: (error as FirnError).message };
}

const errorsByCode: Readonly<Record<string, (typeof ec2Errors)[keyof typeof ec2Errors]>> =
  ec2Errors;
