import type { AdminCommand } from "@firn/gateway";
import type { VolumeDescription, Volumes } from "@firn/volumes";
import { count, invalid, optional, required } from "./command-body.ts";
import type { CommandBody } from "./command-body.ts";

/**
 * What root may do with volumes beyond EC2, whosever they are: `POST /_firn/volumes/PutRetention`,
 * `GetRetention`, `DeleteRetention`, and `CreateSnapshot` as of a moment.
 */
export function volumeCommands(volumes: Volumes): ReadonlyMap<string, AdminCommand> {
  /** The engine of the volume's account and region; where there is none it says so itself. */
  const of = async (volumeId: string): Promise<Volumes> =>
    (await volumes.ownerOf(volumeId)) ?? volumes;
  return new Map<string, AdminCommand>([
    [
      "POST volumes/PutRetention",
      async (body) => {
        const volumeId = required(body, "volumeId");
        const seconds = count(body, "seconds");
        return retentionOf(await (await of(volumeId)).setRetention({ volumeId, seconds }));
      },
    ],
    [
      "POST volumes/GetRetention",
      async (body) => {
        const volumeId = required(body, "volumeId");
        return retentionOf(await (await of(volumeId)).describeVolume({ volumeId }));
      },
    ],
    [
      "POST volumes/DeleteRetention",
      async (body) => {
        const volumeId = required(body, "volumeId");
        return retentionOf(await (await of(volumeId)).setRetention({ volumeId, seconds: 0 }));
      },
    ],
    [
      "POST volumes/CreateSnapshot",
      async (body) => {
        const volumeId = required(body, "volumeId");
        const description = optional(body, "description");
        const request = { volumeId, time: timeOf(body), description };
        return { ...(await (await of(volumeId)).createSnapshot(request)) };
      },
    ],
  ]);
}

function retentionOf({ retention }: VolumeDescription): Record<string, unknown> {
  if (retention === undefined) return { retention: null };
  const { seconds, fromTime } = retention;
  return { retention: { seconds, from: new Date(fromTime).toISOString() } };
}

function timeOf(body: CommandBody): number {
  const time = Date.parse(required(body, "time"));
  if (Number.isNaN(time)) throw invalid("time", "a time as 2026-11-24T10:00:00Z");
  return time;
}
