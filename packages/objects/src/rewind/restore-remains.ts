import { prefixEnd } from "@firn/core";
import { DailyWorker } from "../daily-worker.ts";
import { restoringBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { headKeys, versionKeys } from "../layout/key-layout.ts";
import { isDeleteMarker, unpackBucket, unpackVersion } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import { releaseParts } from "../object-heads.ts";

/** Records that are removed in one transaction: few, as each may have 10,000 parts. */
const PAGE_RECORDS = 100;

/** Removes what restores have left that no process works on any more. */
export class RestoreRemains extends DailyWorker<void> {
  protected override async pass(): Promise<void> {
    for await (const bucket of this.buckets(restoringBucketKey(""))) {
      if (!this.engine.restoring.has(bucket)) await removeRemains(this.engine, bucket);
    }
  }
}

/**
 * Removes a bucket that was never given its name, and gives back what it held; nothing where there
 * is none. Two at once do no harm.
 */
export async function removeRemains(engine: Engine, bucket: string): Promise<void> {
  const { store, root } = engine;
  const key = restoringBucketKey(bucket);
  for (;;) {
    const bytes = await store.get(root, key);
    if (bytes === undefined) return;
    const { space } = unpackBucket(bytes);
    const pages = [headKeys, versionKeys].map((keys) => {
      const gte = keys.prefix("");
      return { gte, lt: prefixEnd(gte), limit: PAGE_RECORDS };
    });
    await store.transact(
      (tx) => {
        const found = tx.get(root, key);
        const remains: BucketRecord | undefined = found && unpackBucket(found);
        if (remains?.space !== space) return;
        const entries = pages.flatMap((page) => tx.range(space, page));
        for (const entry of entries) {
          const version = unpackVersion(entry.value);
          if (!isDeleteMarker(version)) releaseParts(tx, remains, version);
          tx.delete(space, entry.key);
        }
        if (entries.length > 0) return;
        tx.dropKeySpace(space);
        tx.delete(root, key);
      },
      { reads: [[root, key]], ranges: pages.map((page) => [space, page] as const) },
    );
  }
}
