import type { AdminCommand } from "@firn/gateway";
import type { ObjectStore, QuotaLimits } from "@firn/objects";
import { count, optional, required } from "./command-body.ts";
import type { CommandBody } from "./command-body.ts";

const DAY_MS = 86_400_000;

/**
 * What root may do with buckets beyond S3: `POST /_firn/objects/PutRewind`, `GetRewind`,
 * `DeleteRewind`, `Restore`, `PutQuota`, `GetQuota` and `DeleteQuota`; and with accounts,
 * `PutAccountQuota`, `GetAccountQuota` and `DeleteAccountQuota`.
 */
export function objectCommands(objects: ObjectStore): ReadonlyMap<string, AdminCommand> {
  return new Map<string, AdminCommand>([
    [
      "POST objects/PutRewind",
      async (body) => {
        const windowMs = Math.round(count(body, "days") * DAY_MS);
        const bytes = body["bytes"] === undefined ? undefined : count(body, "bytes");
        await objects.putBucketRewind({ bucket: required(body, "bucket"), windowMs, bytes });
        return {};
      },
    ],
    [
      "POST objects/GetRewind",
      async (body) => ({
        rewind: (await objects.getBucketRewind({ bucket: required(body, "bucket") })) ?? null,
      }),
    ],
    [
      "POST objects/DeleteRewind",
      async (body) => {
        await objects.deleteBucketRewind({ bucket: required(body, "bucket") });
        return {};
      },
    ],
    [
      "POST objects/PutQuota",
      async (body) => {
        await objects.putBucketQuota({ bucket: required(body, "bucket"), ...limits(body) });
        return {};
      },
    ],
    [
      "POST objects/GetQuota",
      async (body) => ({
        quota: (await objects.getBucketQuota({ bucket: required(body, "bucket") })) ?? null,
      }),
    ],
    [
      "POST objects/DeleteQuota",
      async (body) => {
        await objects.deleteBucketQuota({ bucket: required(body, "bucket") });
        return {};
      },
    ],
    ...accountQuotas(objects),
    [
      "POST objects/Restore",
      async (body) => ({
        ...(await objects.restoreBucket({
          bucket: required(body, "bucket"),
          time: new Date(required(body, "time")),
          targetBucket: required(body, "targetBucket"),
          prefix: optional(body, "prefix"),
        })),
      }),
    ],
  ]);
}

function accountQuotas(objects: ObjectStore): readonly (readonly [string, AdminCommand])[] {
  const of = (body: CommandBody): ObjectStore =>
    objects.in({ accountId: required(body, "accountId") });
  return [
    [
      "POST objects/PutAccountQuota",
      async (body) => {
        await of(body).putAccountQuota(limits(body));
        return {};
      },
    ],
    [
      "POST objects/GetAccountQuota",
      async (body) => ({ quota: (await of(body).getAccountQuota()) ?? null }),
    ],
    [
      "POST objects/DeleteAccountQuota",
      async (body) => {
        await of(body).deleteAccountQuota();
        return {};
      },
    ],
  ];
}

function limits(body: CommandBody): QuotaLimits {
  const given = (name: string): number | undefined =>
    body[name] === undefined ? undefined : count(body, name);
  return { bytesMax: given("bytesMax"), objectsMax: given("objectsMax") };
}
