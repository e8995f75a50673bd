import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { SeededRandom } from "@firn/core";
import { Register, contentOf } from "./load.ts";
import type { DeathWatch, Load } from "./load.ts";
import { credentials, region } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const TableName = "survive";
const WORKERS = 3;
const KEYS_PER_WORKER = 15;

/** An item, in few words; `undefined`: there is none. */
type Value = { readonly n: number; readonly id: string; readonly text: string } | undefined;

/** Items put, updated and deleted. */
export class TableLoad implements Load {
  readonly name = "tables";
  acknowledged = 0;
  readonly #random: SeededRandom;
  readonly #watch: DeathWatch;
  readonly #registers = new Map<string, Register<Value>>();
  readonly #touched = new Set<string>();
  #made = 0;

  constructor(random: SeededRandom, watch: DeathWatch) {
    this.#random = random;
    this.#watch = watch;
    for (let worker = 0; worker < WORKERS; worker++) {
      for (let i = 0; i < KEYS_PER_WORKER; i++) {
        this.#registers.set(keyOf(worker, i), new Register<Value>(undefined, sameValue));
      }
    }
  }

  async prepare(server: ServerProcess): Promise<void> {
    await using(server, (dynamo) =>
      dynamo.send(
        new CreateTableCommand({
          TableName,
          KeySchema: [
            { AttributeName: "pk", KeyType: "HASH" },
            { AttributeName: "sk", KeyType: "RANGE" },
          ],
          AttributeDefinitions: [
            { AttributeName: "pk", AttributeType: "S" },
            { AttributeName: "sk", AttributeType: "S" },
          ],
          BillingMode: "PAY_PER_REQUEST",
        }),
      ),
    );
  }

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    this.#touched.clear();
    await using(server, async (dynamo) => {
      const workers = Array.from({ length: WORKERS }, (_, worker) =>
        this.#watch.until(dead, () => this.#step(dynamo, worker)),
      );
      await Promise.all(workers);
    });
  }

  async #step(dynamo: DynamoDBClient, worker: number): Promise<void> {
    const key = keyOf(worker, this.#random.below(KEYS_PER_WORKER));
    const register = this.#registers.get(key)!;
    // What a call found is not known when its answer never came: an update of it cannot be
    // foreseen.
    if (register.candidates.length > 1) return;
    this.#touched.add(key);
    const choice = this.#random.float();
    const id = `item-${this.#made++}`;
    const n = (register.known?.n ?? 0) + 1;
    const text = contentOf(id, 1 + this.#random.below(2_000)).toString();
    if (choice < 0.2) {
      register.attempt(undefined);
      await dynamo.send(new DeleteItemCommand({ TableName, Key: splitKey(key) }));
      register.acknowledge(undefined);
    } else if (choice < 0.6) {
      const value = { n, id, text: register.known?.text ?? "" };
      register.attempt(value);
      const expression = "SET id = :id, t = if_not_exists(t, :none) ADD n :one";
      await dynamo.send(
        new UpdateItemCommand({
          TableName,
          Key: splitKey(key),
          UpdateExpression: expression,
          ExpressionAttributeValues: { ":id": { S: id }, ":none": { S: "" }, ":one": { N: "1" } },
        }),
      );
      register.acknowledge(value);
    } else {
      const value = { n, id, text };
      register.attempt(value);
      const Item = { ...splitKey(key), n: { N: String(n) }, id: { S: id }, t: { S: text } };
      await dynamo.send(new PutItemCommand({ TableName, Item }));
      register.acknowledge(value);
    }
    this.acknowledged++;
  }

  async verify(server: ServerProcess, everything: boolean): Promise<void> {
    await using(server, async (dynamo) => {
      await Promise.all(
        [...this.#touched].map(async (key) => {
          const get = new GetItemCommand({ TableName, Key: splitKey(key), ConsistentRead: true });
          const { Item } = await dynamo.send(get);
          this.#registers.get(key)!.settle(`item ${key}`, readValue(Item));
        }),
      );
      if (everything) await this.#verifyScan(dynamo);
    });
  }

  async #verifyScan(dynamo: DynamoDBClient): Promise<void> {
    const found = new Map<string, Value>();
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const scan = new ScanCommand({ TableName, ExclusiveStartKey, ConsistentRead: true });
      const page = await dynamo.send(scan);
      for (const item of page.Items ?? []) {
        found.set(`${item["pk"]?.S}/${item["sk"]?.S}`, readValue(item));
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    for (const [key, register] of this.#registers) register.settle(`item ${key}`, found.get(key));
    for (const key of found.keys()) {
      if (!this.#registers.has(key)) throw new Error(`the scan has ${key}, which nobody put`);
    }
  }
}

function keyOf(worker: number, i: number): string {
  return `worker-${worker}/${i}`;
}

function splitKey(key: string): { pk: { S: string }; sk: { S: string } } {
  const [pk = "", sk = ""] = key.split("/");
  return { pk: { S: pk }, sk: { S: sk } };
}

function readValue(item: Record<string, AttributeValue> | undefined): Value {
  if (item === undefined) return undefined;
  return { n: Number(item["n"]?.N), id: item["id"]?.S ?? "", text: item["t"]?.S ?? "" };
}

function sameValue(a: Value, b: Value): boolean {
  return a?.n === b?.n && a?.id === b?.id && a?.text === b?.text;
}

async function using<T>(
  server: ServerProcess,
  work: (dynamo: DynamoDBClient) => Promise<T>,
): Promise<T> {
  const { endpoint } = server;
  const dynamo = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    return await work(dynamo);
  } finally {
    dynamo.destroy();
  }
}
