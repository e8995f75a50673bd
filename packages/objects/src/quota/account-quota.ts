import { FirnError } from "@firn/core";
import { listBuckets } from "../buckets.ts";
import type { Engine } from "../engine.ts";
import { throwIfAborted } from "../errors.ts";
import { newId } from "../ids.ts";
import { quotaKey } from "../layout/key-layout.ts";
import type { BucketRecord } from "../layout/records.ts";
import { accountIn, accountOf, accountQuotaKey, putAccount } from "./account-held.ts";
import type { AccountQuotaName, AccountRecord } from "./account-held.ts";
import { changeQuota, checkLimits, settleQuota } from "./bucket-quota.ts";
import { NOTHING, sum } from "./held.ts";
import type { AccountQuota, PutAccountQuotaRequest } from "./quota-types.ts";

/**
 * A quota of an account is a sum over its buckets, each of which counts what it holds. Buckets join
 * it one by one, each in the transaction that adds what it holds then; from then on its changes are
 * added too. New buckets are in it from their beginning. Only when all have joined do limits hold:
 * a crash before leaves a quota that does not hold, and putting it again goes on.
 */

/** @throws FIRN_OBJECT_ARGUMENT_INVALID. Costs a scan of the buckets that were not counted. */
export async function putAccountQuota(
  engine: Engine,
  request: PutAccountQuotaRequest,
): Promise<void> {
  throwIfAborted(request.signal);
  const limits = checkLimits(request);
  await engine.quotaTurns.take(async () => {
    const name = nameOf(engine, newId(engine));
    const { id, isCounting } = await change(engine, name, (before) => {
      if (before === undefined) return { ...NOTHING, ...limits, id: name.id, isCounting: true };
      return { ...before, ...limits };
    });
    if (isCounting !== true) return;
    await forEachBucket(engine, request.signal, (bucket) => join(engine, bucket, { ...name, id }));
    await change(engine, name, (now) => ({ ...(now as AccountRecord), isCounting: undefined }));
  });
}

/** `undefined`: it has none, or is being counted. */
export async function getAccountQuota(engine: Engine): Promise<AccountQuota | undefined> {
  const { store, root, scope } = engine;
  const account = accountOf(await store.get(root, accountQuotaKey(scope.accountId)));
  if (account === undefined || account.isCounting === true) return undefined;
  const { bytesMax, objectsMax, bytes, objects } = account;
  return { bytesMax, objectsMax, bytes, objects };
}

/** No error when there is none. Buckets keep quotas of their own. */
export async function deleteAccountQuota(engine: Engine): Promise<void> {
  const { store, root, scope } = engine;
  const key = accountQuotaKey(scope.accountId);
  await engine.quotaTurns.take(async () => {
    await store.transact((tx) => tx.delete(root, key));
    await forEachBucket(engine, undefined, (bucket) =>
      changeQuota(engine, { bucket }, (tx, { space, quota }) => {
        if (quota?.account === undefined) return quota;
        if (quota.accountOnly === true) tx.delete(space, quotaKey());
        const { bytesMax, objectsMax } = quota;
        return quota.accountOnly === true ? undefined : { bytesMax, objectsMax };
      }),
    );
  });
}

function nameOf({ root, scope }: Engine, id: string): AccountQuotaName {
  return { root, accountId: scope.accountId, id };
}

/** Adds what the bucket holds, once. */
async function join(engine: Engine, bucket: string, name: AccountQuotaName): Promise<void> {
  await settleQuota(engine, { bucket }, (tx, { quota }, held) => {
    if (quota?.account?.id === name.id) return quota;
    const account = accountIn(tx, name);
    if (account !== undefined) putAccount(tx, name, { ...account, ...sum(account, held) });
    const accountOnly = isOwn(quota) ? undefined : true;
    return { bytesMax: quota?.bytesMax, objectsMax: quota?.objectsMax, accountOnly, account: name };
  });
}

/** Of the bucket itself, and not only counted for the account. */
function isOwn(quota: BucketRecord["quota"]): boolean {
  return quota !== undefined && quota.isCounting !== true && quota.accountOnly !== true;
}

async function change(
  { store }: Engine,
  name: AccountQuotaName,
  act: (before: AccountRecord | undefined) => AccountRecord,
): Promise<AccountRecord> {
  const key = accountQuotaKey(name.accountId);
  return await store.transact(
    (tx) => {
      const made = act(accountIn(tx, name));
      putAccount(tx, name, made);
      return made;
    },
    { reads: [[name.root, key]] },
  );
}

async function forEachBucket(
  engine: Engine,
  signal: AbortSignal | undefined,
  act: (bucket: string) => Promise<void>,
): Promise<void> {
  for await (const { name } of listBuckets(engine, { signal })) {
    try {
      await act(name);
    } catch (error) {
      // Deleted since it was listed.
      if (!(error instanceof FirnError && error.code === "FIRN_BUCKET_NOT_FOUND")) throw error;
    }
  }
}
