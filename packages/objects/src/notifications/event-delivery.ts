import { failureText, unpackValue, untilTaken } from "@firn/core";
import type { Entry } from "@firn/core";
import type { Engine } from "../engine.ts";
import type { DeliverEventsRequest, S3EventRecord } from "./notification-types.ts";
import { isTest, oldestEvents } from "./outbox.ts";
import type { OutboxEntry } from "./outbox.ts";

/** Events handed over at once: one webhook body of some 60 KB. */
const BATCH_EVENTS = 100;

export interface EventDeliveryStatus {
  /** Batches and tests that were taken since the delivery began. */
  readonly batchCount: number;
  /** Tries of the batch under way that failed. */
  readonly failureCount: number;
  readonly lastError: string | undefined;
}

/**
 * Hands the events of one destination over, oldest first and at least once: they are forgotten only
 * after they were taken. What fails is tried again, after 1 second, then twice as long each time up
 * to a minute of the store's time.
 */
export class EventDelivery {
  readonly #engine: Engine;
  readonly #request: DeliverEventsRequest;
  readonly #stopping = new AbortController();
  readonly #work: Promise<void>;
  #batchCount = 0;
  #failureCount = 0;
  #lastError: string | undefined;

  constructor(engine: Engine, request: DeliverEventsRequest) {
    this.#engine = engine;
    this.#request = request;
    const { signal: own } = this.#stopping;
    const signal = request.signal === undefined ? own : AbortSignal.any([own, request.signal]);
    this.#work = this.#run(signal).catch((error: unknown) => {
      this.#lastError = failureText(error);
    });
  }

  status(): EventDeliveryStatus {
    return {
      batchCount: this.#batchCount,
      failureCount: this.#failureCount,
      lastError: this.#lastError,
    };
  }

  /** Ends it; a batch under way is given up, and comes again when delivery is begun again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  /** Resolves when it has ended, for whatever reason. */
  ended(): Promise<void> {
    return this.#work;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { bell } = this.#engine;
    while (!signal.aborted) {
      const rung = bell.wait(signal);
      const entries = alike(await this.#oldest());
      if (entries.length === 0) await rung;
      else if (await this.#send(entries, signal)) await this.#forget(entries);
    }
  }

  /** In a transaction, which sees what is pending and answers when that is durable. */
  async #oldest(): Promise<readonly Entry[]> {
    const { store, outbox } = this.#engine;
    const page = oldestEvents(this.#request.destination, BATCH_EVENTS);
    return await store.transact((tx) => tx.range(outbox, page), { ranges: [[outbox, page]] });
  }

  async #send(entries: readonly Entry[], signal: AbortSignal): Promise<boolean> {
    const found = entries.map(({ value }) => unpackValue<OutboxEntry>(value));
    const { clock } = this.#engine.store;
    const onFailure = (error: unknown): void => {
      this.#failureCount++;
      this.#lastError = failureText(error);
    };
    const send = (): Promise<void> => this.#hand(found, signal);
    const taken = await untilTaken(send, { clock, signal, onFailure });
    if (!taken) return false;
    if (!this.#isPassedOver(found)) this.#batchCount++;
    this.#failureCount = 0;
    return true;
  }

  #isPassedOver([first]: readonly OutboxEntry[]): boolean {
    return first !== undefined && isTest(first) && this.#request.sendTest === undefined;
  }

  /** A test is a message of its own, of another form. */
  async #hand(found: readonly OutboxEntry[], signal: AbortSignal): Promise<void> {
    const { send, sendTest } = this.#request;
    const [test] = found;
    if (test !== undefined && isTest(test)) await sendTest?.(test, signal);
    else await send({ Records: found as readonly S3EventRecord[] }, signal);
  }

  async #forget(entries: readonly Entry[]): Promise<void> {
    const { store, outbox } = this.#engine;
    await store.transact((tx) => {
      for (const { key } of entries) tx.delete(outbox, key);
    });
  }
}

/** The events up to the first test, or that test. */
function alike(entries: readonly Entry[]): readonly Entry[] {
  const at = entries.findIndex(({ value }) => isTest(unpackValue<OutboxEntry>(value)));
  if (at < 0) return entries;
  return entries.slice(0, Math.max(at, 1));
}
