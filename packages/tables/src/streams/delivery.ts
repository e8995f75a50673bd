import { failureText, untilTaken } from "@firn/core";
import type { EngineContext } from "../engine/engine-context.ts";
import type { ChangeBatch, ConsumeRequest } from "./consumers.ts";

/** Takes a batch, or rejects: then it is sent again. */
export type SendChanges = (batch: ChangeBatch, signal: AbortSignal) => Promise<void>;

export interface DeliverRequest extends ConsumeRequest {
  readonly send: SendChanges;
}

export interface DeliveryStatus {
  /** Batches that were taken since the delivery began. */
  readonly batchCount: number;
  /** Tries of the batch under way that failed. */
  readonly failureCount: number;
  readonly lastError: string | undefined;
}

/**
 * Hands a table's changes to a destination, one batch at a time and in order, at least once. What
 * fails is tried again, after 1 second, then twice as long each time up to 1 minute of the store's
 * time, until it is taken or its records are a day old: so at most a batch is in memory, and what
 * waits, waits in the stream.
 */
export class Delivery {
  readonly #context: EngineContext;
  readonly #request: DeliverRequest;
  readonly #stopping = new AbortController();
  readonly #work: Promise<void>;
  #batchCount = 0;
  #failureCount = 0;
  #lastError: string | undefined;

  constructor(context: EngineContext, request: DeliverRequest) {
    this.#context = context;
    this.#request = request;
    this.#work = this.#run().catch((error: unknown) => {
      this.#lastError = failureText(error);
    });
  }

  status(): DeliveryStatus {
    return {
      batchCount: this.#batchCount,
      failureCount: this.#failureCount,
      lastError: this.#lastError,
    };
  }

  /** Ends it; a batch under way is given up, and comes again when the delivery is begun again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { consumers } = this.#context;
    const own = this.#stopping.signal;
    const signal = AbortSignal.any([own, ...(this.#request.signal ? [this.#request.signal] : [])]);
    for await (const batch of consumers.consume(this.#context, { ...this.#request, signal })) {
      if (!(await this.#send(batch, signal))) return;
    }
  }

  /** False when it was ended before the batch was taken. */
  async #send(batch: ChangeBatch, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#context.store;
    const onFailure = (error: unknown): void => {
      this.#failureCount++;
      this.#lastError = failureText(error);
    };
    const send = (): Promise<void> => this.#request.send(batch, signal);
    const taken = await untilTaken(send, { clock, signal, onFailure });
    if (!taken) return false;
    this.#batchCount++;
    this.#failureCount = 0;
    return true;
  }
}
