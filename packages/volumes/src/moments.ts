/** Moments of volumes that are open for reading, each made once, kept while somebody uses them. */
import type { Clock } from "@firn/core";
import { MOMENT_IDLE_MS, MOMENTS_MAX } from "./constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { makeMoment, type Moment } from "./moment.ts";
import { openTracked } from "./open-version.ts";
import type { Volume } from "./volume.ts";

export interface MomentOptions {
  readonly volumeId: string;
  /** Milliseconds since 1970 UTC: all that was written up to then, that millisecond included. */
  readonly time: number;
}

interface Slot {
  readonly id: string;
  readonly context: EngineContext;
  readonly moment: Promise<Moment>;
  users: number;
  cancelEnd: (() => void) | undefined;
}

export class Moments {
  readonly #clock: Clock;
  /** In the order of last use. */
  readonly #slots = new Map<string, Slot>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A handle for reading. @throws what `makeMoment` throws, FIRN_VOLUME_HISTORY_LIMIT. */
  async open(context: EngineContext, options: MomentOptions): Promise<Volume> {
    const slot = this.#use(context, options);
    try {
      const { record, version, sizeGiB } = await slot.moment;
      const onClose = (): void => this.#leave(slot);
      const { id } = slot;
      return await openTracked(context, {
        ...record,
        id,
        version: version.number,
        sizeGiB,
        onClose,
      });
    } catch (error) {
      this.#leave(slot);
      throw error;
    }
  }

  /** The volume is gone, or its past is: so are its moments. */
  forget(volumeId: string): void {
    for (const slot of this.#slots.values()) {
      if (!slot.id.startsWith(`${volumeId}@`)) continue;
      slot.context.endHandles(slot.id);
      void this.#end(slot);
    }
  }

  /** Takes all of them away; their handles have been closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#slots.values()].map((slot) => this.#end(slot)));
  }

  #use(context: EngineContext, { volumeId, time }: MomentOptions): Slot {
    const id = `${volumeId}@${time}`;
    const known = this.#slots.get(id);
    if (known === undefined) this.#makeRoom();
    const slot = known ?? {
      id,
      context,
      moment: context.volume(volumeId).then((record) => makeMoment(context, record, time)),
      users: 0,
      cancelEnd: undefined,
    };
    slot.cancelEnd?.();
    slot.cancelEnd = undefined;
    slot.users++;
    this.#slots.delete(id);
    this.#slots.set(id, slot);
    // One that cannot be made is tried anew by the next call.
    slot.moment.catch(() => this.#slots.get(id) === slot && this.#slots.delete(id));
    return slot;
  }

  #leave(slot: Slot): void {
    slot.users--;
    if (slot.users > 0 || this.#slots.get(slot.id) !== slot) return;
    slot.cancelEnd = this.#clock.schedule(MOMENT_IDLE_MS, () => void this.#end(slot));
  }

  #makeRoom(): void {
    if (this.#slots.size < MOMENTS_MAX) return;
    for (const slot of this.#slots.values()) {
      if (slot.users > 0) continue;
      void this.#end(slot);
      return;
    }
    const text = `${MOMENTS_MAX} moments of volumes are open, which is as many as there may be.`;
    throw volumeError("FIRN_VOLUME_HISTORY_LIMIT", text);
  }

  async #end(slot: Slot): Promise<void> {
    if (this.#slots.get(slot.id) !== slot) return;
    this.#slots.delete(slot.id);
    slot.cancelEnd?.();
    const moment = await slot.moment.catch(() => undefined);
    if (moment === undefined) return;
    const { lease, version } = moment;
    lease.lineage.remove(version.number);
    // What could not be stored without it now is with the next opening.
    await lease.lineage.save().catch(() => undefined);
    lease.release();
  }
}
