import { FirnError } from "@firn/core";
import { Tables } from "@firn/tables";
import { makeMachine, restartMachine, turn } from "@firn/testing";
import type { OpenMachine, SimCore } from "@firn/testing";
import { indexName, plannedCall, restoredName, tableName } from "./table-calls.ts";
import type { PlannedCall } from "./table-calls.ts";
import {
  TOKEN_MS,
  emptyState,
  expiredNames,
  indexed,
  isRefused,
  lineOf,
  linesOf,
  nameOf,
  pictureOf,
  streamLines,
  streamOf,
  swept,
} from "./table-model.ts";
import type { Items, ModelItem, ModelState, Picture } from "./table-model.ts";
import type { TableOperation } from "./table-operation.ts";
import { readStream } from "./table-stream.ts";

/** Turns that work in the background gets; it needs a dozen or so. */
const TURNS_MAX = 2000;
/** Expired items are looked for this often; a sweep of a few items needs a few turns. */
const SWEEP_MS = 5000;
const SWEEP_TURNS = 40;
/** What goes on behind their answers. */
const IN_BACKGROUND: readonly string[] = ["index", "timeToLive", "backUp", "restore", "rewind"];

type Of<K extends TableOperation["kind"]> = Extract<TableOperation, { readonly kind: K }>;
type Opened = Awaited<ReturnType<SimCore["open"]>>;

/** One history of the engine on a simulated disk, beside the model. */
export class TableHistory {
  crashes = 0;
  readonly #core: SimCore;
  #machine: OpenMachine;
  #store!: Opened;
  #tables!: Tables;
  #state: ModelState;
  /** The power fails in the middle of the next change. */
  #crash: Of<"crash"> | undefined;
  #number = 0;

  constructor(core: SimCore, seed: number) {
    this.#core = core;
    this.#machine = makeMachine(seed);
    this.#state = emptyState(this.#machine.clock.now());
  }

  /** @throws an error that tells the first difference. */
  async run(history: readonly TableOperation[]): Promise<void> {
    await this.#open();
    await this.#tables.createTable({
      tableName,
      attributeDefinitions: [
        { attributeName: "pk", attributeType: "S" },
        { attributeName: "sk", attributeType: "N" },
      ],
      keySchema: [
        { attributeName: "pk", keyType: "HASH" },
        { attributeName: "sk", keyType: "RANGE" },
      ],
      billingMode: "PAY_PER_REQUEST",
      streamSpecification: { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" },
    });
    for (const operation of history) await this.#step(operation);
    await this.#restart("crash");
    await this.#adopt([this.#state], "the end");
    await this.#expectStream();
    await this.#close();
    const problems = await this.#core.check(this.#machine);
    if (problems.length > 0) throw new Error(`firn check finds ${problems.join()}`);
  }

  async #step(operation: TableOperation): Promise<void> {
    switch (operation.kind) {
      case "nothing":
        return;
      case "crash":
        this.#crash = operation;
        return;
      case "advance":
        return this.#advance(operation.seconds);
      case "reopen":
        await this.#close();
        return this.#open();
      case "look":
        return this.#look(operation);
      case "stream":
        return this.#expectStream();
      default:
        return this.#change(operation);
    }
  }

  async #change(operation: TableOperation): Promise<void> {
    const nowMs = this.#store.clock.now();
    const planning = { state: this.#state, nowMs, number: ++this.#number };
    const planned = plannedCall(operation, planning);
    if (planned === undefined) return;
    const what = JSON.stringify(operation);
    const crash = this.#crash;
    this.#crash = undefined;
    if (crash !== undefined) return this.#interrupted(planned, { crash, what });
    expectCode(planned, await codeOf(planned.run(this.#tables)), what);
    if (!isRefused(planned.outcome)) this.#state = planned.outcome;
    if (IN_BACKGROUND.includes(operation.kind)) await this.#settled();
  }

  /** All of it happened, or nothing; all of it, when that was told. */
  async #interrupted(
    planned: PlannedCall,
    { crash, what }: { readonly crash: Of<"crash">; readonly what: string },
  ): Promise<void> {
    const { outcome } = planned;
    const heard: { answer?: { readonly code: string | undefined } } = {};
    // What a process without power is told, nobody hears.
    codeOf(planned.run(this.#tables)).then(
      (code) => (heard.answer = { code }),
      (error: unknown) => (heard.answer = { code: String(error) }),
    );
    for (let at = 0; at < crash.turns && heard.answer === undefined; at++) await turn();
    const { answer } = heard;
    await this.#restart(crash.process ? "kill" : "crash");
    if (answer !== undefined) expectCode(planned, answer.code, what);
    const before = this.#state;
    const after = isRefused(outcome) ? before : outcome;
    await this.#adopt(answer === undefined ? [before, after] : [after], `${what}, cut off`);
    // Whether its token is remembered, nothing tells when it left the items as they were.
    if (answer === undefined) await this.#advance(TOKEN_MS / 1000);
  }

  /** Time passes, and what has expired goes. */
  async #advance(seconds: number): Promise<void> {
    this.#machine.clock.advance(seconds * 1000);
    if (expiredNames(this.#state, this.#store.clock.now()).length === 0) return;
    let looks = 0;
    await this.#until("what has expired is gone", async () => {
      // A sweep that was still under way when the time came leaves it to the next one.
      if (++looks % SWEEP_TURNS === 0) this.#machine.clock.advance(SWEEP_MS);
      const state = swept(this.#state, this.#store.clock.now());
      const left = linesOf("item", await this.#scan(tableName));
      if (left.join() !== linesOf("item", state.items).join()) return false;
      this.#state = state;
      return true;
    });
  }

  async #open(): Promise<void> {
    this.#store = await this.#core.open(this.#machine);
    this.#tables = await Tables.open({ store: this.#store });
  }

  async #close(): Promise<void> {
    await this.#tables.close();
    await this.#store.close();
  }

  async #restart(how: "crash" | "kill"): Promise<void> {
    this.#machine = restartMachine(this.#machine, how);
    this.crashes++;
    await this.#open();
  }

  /** Takes over the first state that what is there fits. */
  async #adopt(states: readonly ModelState[], what: string): Promise<void> {
    await this.#settled();
    const found = (await this.#picture()).join("\n");
    const state = states.find((one) => pictureOf(one).join("\n") === found);
    if (state === undefined) {
      const expected = states.map((one) => pictureOf(one).join("\n")).join("\nor\n");
      throw new Error(`after ${what} there is\n${found}\nnot\n${expected}`);
    }
    this.#state = state;
  }

  /** Waits for what is made in the background: indexes, expiries, backups, restored tables. */
  async #settled(): Promise<void> {
    await this.#until("background work ends", async () => {
      const { tableNames } = await this.#tables.engine.listTables();
      for (const name of tableNames) {
        const { globalSecondaryIndexes = [], tableStatus } = await this.#tables.describeTable({
          tableName: name,
        });
        const all = [tableStatus, ...globalSecondaryIndexes.map((index) => index.indexStatus)];
        if (all.some((status) => status !== "ACTIVE")) return false;
      }
      const { timeToLiveStatus } = await this.#tables.describeTimeToLive({ tableName });
      const { backupSummaries } = await this.#tables.engine.backups.listBackups({ tableName });
      const isReady = backupSummaries.every(({ backupStatus }) => backupStatus === "AVAILABLE");
      return isReady && timeToLiveStatus !== "ENABLING";
    });
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let at = 0; at < TURNS_MAX; at++) {
      if (await isSo()) return;
      await turn();
    }
    throw new Error(`it does not come to pass that ${what}`);
  }

  /** All that the engine tells. */
  async #picture(): Promise<Picture> {
    const { engine } = this.#tables;
    const { globalSecondaryIndexes = [] } = await this.#tables.describeTable({ tableName });
    const { timeToLiveStatus } = await this.#tables.describeTimeToLive({ tableName });
    const recovery = await engine.describeContinuousBackups({ tableName });
    const { pointInTimeRecoveryStatus: kept } = recovery.pointInTimeRecoveryDescription;
    const hasIndex = globalSecondaryIndexes.length > 0;
    const { backupSummaries } = await engine.backups.listBackups({ tableName });
    const { tableNames } = await engine.listTables();
    const entries = hasIndex ? linesOf("entry", await this.#scan(tableName, indexName)) : [];
    const restored = tableNames.includes(restoredName)
      ? ["restored", ...linesOf("again", await this.#scan(restoredName))]
      : [];
    const backups: string[] = [];
    for (const { backupArn, backupName } of backupSummaries) {
      const { sourceTableDetails } = await engine.backups.describeBackup({ backupArn });
      backups.push(`backup ${backupName} of ${sourceTableDetails.itemCount}`);
    }
    const expires = timeToLiveStatus === "ENABLED";
    return [
      `index ${hasIndex}, time to live ${expires}, recovery ${kept === "ENABLED"}`,
      ...linesOf("item", await this.#scan(tableName)),
      ...entries,
      ...restored,
      ...backups.sort(),
    ];
  }

  async #expectStream(): Promise<void> {
    const found = streamLines(await readStream(this.#tables.engine.streams)).join("\n");
    const expected = streamOf(this.#state, this.#store.clock.now()).join("\n");
    if (found !== expected) throw new Error(`the stream has\n${found}\nnot\n${expected}`);
  }

  async #scan(name: string, index?: string): Promise<Items> {
    const items = new Map<string, ModelItem>();
    const scan = this.#tables.scan<ModelItem>({ tableName: name, indexName: index, limit: 5 });
    for await (const item of scan) items.set(nameOf(item), item);
    return items;
  }

  /** Reads of every kind give what the model has. */
  async #look({ key: asked, gk, page, forward }: Of<"look">): Promise<void> {
    const key = { ...asked };
    const { items, hasIndex } = this.#state;
    const expected = lineOf(items.get(nameOf(key)));
    const { item } = await this.#tables.getItem<ModelItem>({ tableName, key });
    const inTransaction = await this.#tables.transactGetItems({
      transactItems: [{ get: { tableName, key } }],
    });
    const inBatch = await this.#tables.batchGetItem({
      requestItems: { [tableName]: { keys: [key] } },
    });
    const [second, third] = [inTransaction.items[0], inBatch.responses.get(tableName)?.[0]];
    for (const found of [item, second, third] as (ModelItem | undefined)[]) {
      if (lineOf(found) !== expected) throw new Error(`read ${lineOf(found)}, not ${expected}`);
    }
    const how = { limit: page, scanIndexForward: forward };
    const inPartition = [...items.values()].filter(({ pk }) => pk === key.pk);
    await this.#expectQuery({ ...how, name: "pk", value: key.pk }, inPartition);
    if (!hasIndex) return;
    const inIndex = [...indexed(items).values()].filter((one) => one.gk === gk);
    await this.#expectQuery({ ...how, name: "gk", value: gk }, inIndex);
  }

  async #expectQuery(
    asked: {
      readonly name: "pk" | "gk";
      readonly value: string;
      readonly limit: number;
      readonly scanIndexForward: boolean;
    },
    expected: readonly ModelItem[],
  ): Promise<void> {
    const { name, value, ...how } = asked;
    const query = this.#tables.query<ModelItem>({
      tableName,
      indexName: name === "gk" ? indexName : undefined,
      keyConditionExpression: `${name} = :v`,
      expressionAttributeValues: { ":v": value },
      ...how,
    });
    const found = await query.toArray();
    const sorts = found.map(({ sk }) => sk);
    const ordered = sorts.toSorted((a, b) => (how.scanIndexForward ? a - b : b - a));
    const [one, other] = [found, expected].map((all) => all.map(lineOf).sort().join("\n"));
    if (one === other && sorts.join() === ordered.join()) return;
    throw new Error(`${name} = ${value} gives\n${one}\nin order ${sorts.join()}, not\n${other}`);
  }
}

function expectCode({ outcome }: PlannedCall, code: string | undefined, what: string): void {
  const expected: readonly unknown[] = isRefused(outcome) ? outcome : [undefined];
  if (expected.includes(code)) return;
  throw new Error(`${what} ended with ${code}, and not with ${expected.join(" or ")}`);
}

/** Why it was refused, if it was. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof FirnError) return error.code;
    throw error;
  }
}
