import { RealClock, ScrubSchedule } from "@firn/core";
import type { ScrubReport, Store } from "@firn/core";
import type { AdminCommand, GatewayLog } from "@firn/gateway";
import { umbrellaError } from "./firn-error.ts";

const MIB = 1024 * 1024;

export interface StoreKeeperOptions {
  /** Between the ends of two scrubs, in milliseconds of real time; 0: none but those asked for. */
  readonly scrubEveryMs: number;
  /** Bytes per second; default 32 MiB. */
  readonly scrubRate?: number | undefined;
  readonly log: GatewayLog;
}

/** Scrubs the store of a server, by itself and when it is asked to, and tells about it. */
export class StoreKeeper {
  /** For the gateway: what root may ask for. */
  readonly commands: ReadonlyMap<string, AdminCommand>;
  readonly #store: Store;
  readonly #options: StoreKeeperOptions;
  #schedule: ScrubSchedule | undefined;
  #report: ScrubReport | undefined;
  #failure: string | undefined;

  constructor(store: Store, options: StoreKeeperOptions) {
    this.#store = store;
    this.#options = options;
    this.commands = new Map<string, AdminCommand>([
      ["GET status", async () => ({ ...(await store.status()) })],
      ["GET scrub", () => this.#scrubbed()],
      ["POST scrub", ({ rate, resume }) => this.#begin(rate, resume)],
    ]);
  }

  /** Begins the scrubs that nobody asks for. */
  async start(): Promise<void> {
    const { scrubEveryMs, scrubRate, log } = this.#options;
    if (scrubEveryMs === 0) return;
    this.#schedule = await ScrubSchedule.start({
      scrub: (options) => this.#store.scrub(options),
      status: async () => (await this.#store.status()).scrub,
      clock: new RealClock(),
      everyMs: scrubEveryMs,
      rate: scrubRate,
      onReport: (report) => this.#note(report),
      onError: (error) => log.error({ reason: (error as Error).message }, "the scrub failed"),
    });
  }

  async close(): Promise<void> {
    await this.#schedule?.stop();
  }

  /** The scrub that runs, and what the last one of this server found. */
  async #scrubbed(): Promise<Readonly<Record<string, unknown>>> {
    const { scrub } = await this.#store.status();
    return { ...scrub, report: this.#report, failure: this.#failure };
  }

  /** Answers when it has begun. */
  async #begin(rate: unknown, resume: unknown): Promise<Readonly<Record<string, unknown>>> {
    if (rate !== undefined && !(typeof rate === "number" && rate > 0)) {
      const message = "The rate must be a number of MiB per second above 0.";
      throw umbrellaError("FIRN_OPTIONS_INVALID", message);
    }
    const bytes = rate === undefined ? this.#options.scrubRate : rate * MIB;
    const scrub = this.#store.scrub({ rate: bytes, resume: resume !== false });
    const begun = this.#store.status();
    this.#report = this.#failure = undefined;
    scrub.then(
      (report) => this.#note(report),
      (error: unknown) => (this.#failure = (error as Error).message),
    );
    // One that cannot begin says so at once.
    await Promise.race([scrub, begun]);
    return this.#scrubbed();
  }

  #note(report: ScrubReport): void {
    const { log } = this.#options;
    this.#report = report;
    for (const problem of report.problems) log.error({ ...problem }, "the scrub found damage");
    for (const problem of report.repaired) log.warn({ ...problem }, "the scrub repaired damage");
    const { files, bytes, durationMs } = report;
    const counts = { problems: report.problems.length, repaired: report.repaired.length };
    log.info({ files, bytes, durationMs, ...counts }, "scrubbed");
  }
}
