import type { Engine } from "../engine.ts";
import { happenedAt } from "./outbox.ts";

const PAGE_EVENTS = 500;
/** Events that nobody has taken for so long are dropped: as long as a queue of AWS's keeps them. */
const KEPT_MS = 4 * 86_400_000;

/** Lets go of events that nobody has taken in time, so that the outbox has an end. */
export async function sweepOutbox(engine: Engine, stopped: () => boolean): Promise<void> {
  const { store, outbox } = engine;
  const oldest = store.clock.now() - KEPT_MS;
  let gt: Uint8Array | undefined;
  while (!stopped()) {
    using view = store.view();
    const page = gt === undefined ? {} : { gt };
    const entries = await view.page(outbox, { ...page, limit: PAGE_EVENTS });
    const old = entries.filter(({ value }) => happenedAt(value) < oldest);
    if (old.length > 0) {
      await store.transact((tx) => {
        for (const { key } of old) tx.delete(outbox, key);
      });
    }
    gt = entries.at(-1)?.key;
    if (entries.length < PAGE_EVENTS) return;
  }
}
