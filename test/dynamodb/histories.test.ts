import { FirnError, SeededRandom } from "@firn/core";
import { Tables } from "@firn/tables";
import {
  SimCore,
  checkRegister,
  checkTransactions,
  makeMachine,
  printLine,
  restartMachine,
  testBudgetMs,
  testSeed,
  turn,
} from "@firn/testing";
import type { ListTransaction, OpenMachine, RegisterOperation } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";

/*
 * Clients that write and read the same few items, on a disk that loses its power now and then. Each
 * call and answer has its moment; afterwards the history must have an explanation: single items as
 * registers that are linearizable, transactions as strictly serializable.
 */

const CLIENTS = 6;
const OPERATIONS = 240;
const REGISTERS = ["r0", "r1", "r2"];
const LISTS = ["l0", "l1", "l2", "l3"];

let core: SimCore;
const seed = testSeed();

beforeAll(async () => {
  core = await SimCore.load();
});

/** What a client may be lied to by: the checks must find it. */
type Lie = "stale read" | "half a transaction";

interface Recorded {
  readonly registers: Map<string, RegisterOperation[]>;
  readonly transactions: ListTransaction[];
  /** Records of the stream, by item. */
  readonly streamed: Map<string, number>;
  count: number;
  crashes: number;
}

class Cluster {
  readonly recorded: Recorded = {
    registers: new Map(),
    transactions: [],
    streamed: new Map(),
    count: 0,
    crashes: 0,
  };
  readonly #random: SeededRandom;
  readonly #lie: Lie | undefined;
  #machine: OpenMachine;
  #tables: Tables | undefined;
  /** Settles when the power goes. */
  #down: Promise<"down"> = Promise.resolve("down");
  #strike: () => void = () => undefined;
  #moment = 0;
  #value = 0;
  readonly #last = new Map<string, string | undefined>();

  constructor(seedOfRun: number, lie?: Lie) {
    this.#random = new SeededRandom(seedOfRun);
    this.#machine = makeMachine(seedOfRun);
    this.#lie = lie;
  }

  async run(): Promise<Recorded> {
    await this.#open();
    await this.#tables?.createTable({
      tableName: "t",
      attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
      keySchema: [{ attributeName: "id", keyType: "HASH" }],
      billingMode: "PAY_PER_REQUEST",
      streamSpecification: { streamEnabled: true, streamViewType: "KEYS_ONLY" },
    });
    for (let round = 0; round < 3; round++) {
      const clients = Array.from({ length: CLIENTS }, () => this.#client());
      if (round < 2) await this.#crashSoon();
      await Promise.all(clients);
      if (round < 2) await this.#open();
    }
    await this.#read(REGISTERS);
    await this.#readLists(LISTS);
    await this.#readStream();
    await this.#tables?.close();
    return this.recorded;
  }

  async #open(): Promise<void> {
    if (this.recorded.crashes > 0) this.#machine = restartMachine(this.#machine, "crash");
    this.#down = new Promise((resolve) => (this.#strike = () => resolve("down")));
    this.#tables = await Tables.open({ store: await core.open(this.#machine) });
  }

  async #crashSoon(): Promise<void> {
    // Before the clients have done all that they will do.
    const until = this.recorded.count + OPERATIONS / 6 + this.#random.below(OPERATIONS / 8);
    while (this.recorded.count < until) await turn();
    this.recorded.crashes++;
    this.#strike();
  }

  async #client(): Promise<void> {
    for (let i = 0; i < OPERATIONS / CLIENTS / 3; i++) {
      const alive = await this.#operation();
      if (!alive) return;
      if (this.#random.below(4) === 0) await turn();
    }
  }

  /** False when the power went. */
  #operation(): Promise<boolean> {
    const pick = (from: readonly string[]): string =>
      from[this.#random.below(from.length)] as string;
    switch (this.#random.below(6)) {
      case 0:
        return this.#write(pick(REGISTERS), this.#random.below(5) === 0 ? undefined : this.#next());
      case 1:
      case 2:
        return this.#read([pick(REGISTERS)]);
      case 3:
        return this.#swap(pick(REGISTERS));
      case 4:
        return this.#append([pick(LISTS), pick(LISTS)]);
      default:
        return this.#readLists(LISTS);
    }
  }

  async #readStream(): Promise<void> {
    const streams = this.#tables?.engine.streams;
    const [listed] = (await streams?.listStreams())?.streams ?? [];
    const of = { streamArn: listed?.streamArn ?? "", shardIteratorType: "TRIM_HORIZON" as const };
    for (const { shardId } of (await streams?.describeStream(of))?.shards ?? []) {
      const iterator = await streams?.getShardIterator({ ...of, shardId });
      let next = iterator?.shardIterator;
      while (next !== undefined) {
        const page = await streams?.getRecords({ shardIterator: next });
        for (const { keys } of page?.records ?? []) {
          const { id } = JSON.parse(Buffer.from(keys).toString()) as { id: { S: string } };
          this.recorded.streamed.set(id.S, (this.recorded.streamed.get(id.S) ?? 0) + 1);
        }
        next = page?.records.length === 0 ? undefined : page?.nextShardIterator;
      }
    }
  }

  #next(): string {
    return `v${++this.#value}`;
  }

  #write(id: string, value: string | undefined): Promise<boolean> {
    const call = ++this.#moment;
    const wrote = (answer: number | undefined): void =>
      this.#noteRegister(id, { kind: "write", call, answer, value });
    const work =
      value === undefined
        ? this.#tables?.deleteItem({ tableName: "t", key: { id } })
        : this.#tables?.putItem({ tableName: "t", item: { id, v: value } });
    return this.#finish(work, { done: wrote, unknown: () => wrote(undefined) });
  }

  #swap(id: string): Promise<boolean> {
    const call = ++this.#moment;
    const expected = this.#last.get(id);
    const value = this.#next();
    const swapped = (done: boolean, answer: number | undefined): void =>
      this.#noteRegister(id, { kind: "swap", call, answer, expected, value, done });
    const condition =
      expected === undefined
        ? { conditionExpression: "attribute_not_exists(id)" }
        : { conditionExpression: "v = :e", expressionAttributeValues: { ":e": expected } };
    const work = this.#tables?.putItem({ tableName: "t", item: { id, v: value }, ...condition });
    return this.#finish(work, {
      done: (answer) => swapped(true, answer),
      unknown: () => swapped(true, undefined),
      refused: (code, answer) => {
        if (code === "FIRN_TABLE_CONDITION_FAILED") swapped(false, answer);
      },
    });
  }

  async #read(ids: readonly string[]): Promise<boolean> {
    for (const id of ids) {
      const call = ++this.#moment;
      const work = this.#tables?.getItem<{ v: string }>({ tableName: "t", key: { id } });
      const alive = await this.#finish(work, {
        done: (answer, result) => {
          const stale = this.#lie === "stale read" && this.#random.below(3) === 0;
          const value = stale ? "v1" : result?.item?.v;
          this.#last.set(id, value);
          this.#noteRegister(id, { kind: "read", call, answer, value });
        },
      });
      if (!alive) return false;
    }
    return true;
  }

  #append(keys: readonly string[]): Promise<boolean> {
    const call = ++this.#moment;
    const appends = [...new Set(keys)].map((key) => ({ key, value: ++this.#value }));
    const note = (answer: number | undefined): void =>
      void this.recorded.transactions.push({ call, answer, appends, reads: [] });
    const transactItems = appends.map(({ key, value }) => ({
      update: {
        tableName: "t",
        key: { id: key },
        updateExpression: "SET l = list_append(if_not_exists(l, :none), :one)",
        expressionAttributeValues: { ":none": [], ":one": [value] },
      },
    }));
    const work = this.#tables?.transactWriteItems({ transactItems });
    return this.#finish(work, { done: note, unknown: () => note(undefined) });
  }

  #readLists(keys: readonly string[]): Promise<boolean> {
    const call = ++this.#moment;
    const transactItems = keys.map((key) => ({ get: { tableName: "t", key: { id: key } } }));
    return this.#finish(this.#tables?.transactGetItems({ transactItems }), {
      done: (answer, result) => {
        const reads = keys.map((key, i) => {
          const values = (result?.items[i]?.["l"] ?? []) as readonly number[];
          const half = this.#lie === "half a transaction" && i === 0 && this.#random.below(3) === 0;
          return { key, values: half ? values.slice(0, -1) : values };
        });
        this.recorded.transactions.push({ call, answer, appends: [], reads });
      },
    });
  }

  /** Waits for the answer, or for the power to go. */
  async #finish<T>(
    work: Promise<T> | undefined,
    told: {
      readonly done: (answer: number, result: T | undefined) => void;
      readonly unknown?: () => void;
      readonly refused?: (code: string, answer: number) => void;
    },
  ): Promise<boolean> {
    this.recorded.count++;
    const answered = (work ?? Promise.resolve(undefined)).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    const outcome = await Promise.race([this.#down, answered]);
    const answer = ++this.#moment;
    if (outcome === "down") {
      told.unknown?.();
      return false;
    }
    if (!("error" in outcome)) {
      told.done(answer, outcome.result);
      return true;
    }
    const { error } = outcome;
    if (!(error instanceof FirnError)) throw error;
    if (REFUSALS.includes(error.code)) told.refused?.(error.code, answer);
    else throw error;
    return true;
  }

  #noteRegister(id: string, operation: RegisterOperation): void {
    const history = this.recorded.registers.get(id) ?? [];
    history.push(operation);
    this.recorded.registers.set(id, history);
  }
}

/** Nothing happened. */
const REFUSALS: readonly string[] = [
  "FIRN_TABLE_CONDITION_FAILED",
  "FIRN_TABLE_TRANSACTION_CONFLICT",
  "FIRN_TABLE_TRANSACTION_CANCELED",
];

/** Each append to a list is one record of the stream, and there are no others. */
function expectStreamed({ transactions, streamed }: Recorded): void {
  const last = transactions.at(-1)?.reads ?? [];
  const lengths = last.map(({ key, values }) => [key, values.length] as const);
  const counted = last.map(({ key }) => [key, streamed.get(key) ?? 0] as const);
  expect(counted).toEqual(lengths);
}

/** What no order explains. */
function faultsOf({ registers, transactions }: Recorded): unknown[] {
  const faults: unknown[] = [];
  for (const [id, history] of registers) {
    const fault = checkRegister(history);
    if (fault !== undefined) faults.push({ id, fault });
  }
  const fault = checkTransactions(transactions);
  return fault === undefined ? faults : [...faults, fault];
}

test("what clients see through power failures has an order that explains it", async () => {
  const until = performance.now() + testBudgetMs(1500, 0.1);
  let operations = 0;
  let crashes = 0;
  for (let run = 0; run === 0 || performance.now() < until; run++) {
    const recorded = await new Cluster(seed + run).run();
    expect(faultsOf(recorded), `FIRN_SEED=${seed + run}`).toEqual([]);
    expectStreamed(recorded);
    operations += recorded.count;
    crashes += recorded.crashes;
  }
  printLine(`${operations} operations, ${crashes} power failures`);
});

test.each(["stale read", "half a transaction"] as const)("a planted %s is found", async (lie) => {
  const faults = [];
  for (let run = 0; run < 5 && faults.length === 0; run++) {
    faults.push(...faultsOf(await new Cluster(seed + run, lie).run()));
  }
  expect(faults.length).toBeGreaterThan(0);
});
