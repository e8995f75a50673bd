import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore, SeededRandom } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Tables } from "../client/tables.ts";

/*
 * Random operations on a table with an index of each kind, against a plain Map: what Query, Scan
 * and the indexes answer must be what sorting and filtering the Map gives. FIRN_SEED repeats a run.
 */

interface Row {
  readonly pk: string;
  readonly sk: number;
  readonly gk?: string;
  readonly lk?: string;
  readonly v: number;
}

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);
const random = new SeededRandom(seed);
const PARTITIONS = ["a", "b", "ab", "a\0", "\u{1f600}", "\ufffd"];
const NUMBERS = [-1000, -99.5, -10, -1, -0.25, 0, 0.001, 1, 9, 10, 11, 99, 100, 12345];

let directory: string;
let store: Store;
let tables: Tables;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({
    directory,
    ephemeral: true,
    limits: { memtableKeys: 64, memtableBytes: 64 * 1024 },
  });
  tables = await Tables.open({ store });
  const attribute = (attributeName: string, attributeType: "S" | "N") =>
    ({ attributeName, attributeType }) as const;
  const hash = (attributeName: string) => ({ attributeName, keyType: "HASH" }) as const;
  const range = (attributeName: string) => ({ attributeName, keyType: "RANGE" }) as const;
  await tables.createTable({
    tableName: "model",
    attributeDefinitions: [
      attribute("pk", "S"),
      attribute("sk", "N"),
      attribute("gk", "S"),
      attribute("lk", "S"),
    ],
    keySchema: [hash("pk"), range("sk")],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "g",
        keySchema: [hash("gk"), range("sk")],
        projection: { projectionType: "ALL" },
      },
    ],
    localSecondaryIndexes: [
      {
        indexName: "l",
        keySchema: [hash("pk"), range("lk")],
        projection: { projectionType: "ALL" },
      },
    ],
  });
});

afterAll(async () => {
  await store?.close();
  await rm(directory, { recursive: true });
});

function pick<T>(values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}

function drawRow(): Row {
  return {
    pk: pick(PARTITIONS),
    sk: pick(NUMBERS),
    ...(random.below(3) > 0 ? { gk: pick(PARTITIONS) } : {}),
    ...(random.below(3) > 0 ? { lk: pick(PARTITIONS) } : {}),
    v: random.below(100),
  };
}

const bytesOf = (text: string): Buffer => Buffer.from(text);
const keyOf = ({ pk, sk }: Pick<Row, "pk" | "sk">): string => JSON.stringify([pk, sk]);

async function change(model: Map<string, Row>): Promise<void> {
  const row = drawRow();
  const { pk, sk } = row;
  const present = model.get(keyOf(row));
  switch (random.below(4)) {
    case 0:
      await tables.deleteItem({ tableName: "model", key: { pk, sk } });
      model.delete(keyOf(row));
      return;
    case 1: {
      const more = row.gk === undefined ? "REMOVE gk" : "SET gk = :g";
      await tables.updateItem({
        tableName: "model",
        key: { pk, sk },
        updateExpression: `${more} ADD v :one`,
        expressionAttributeValues: { ":one": 1, ...(row.gk && { ":g": row.gk }) },
      });
      const { gk: _, ...rest } = present ?? { pk, sk, v: 0 };
      model.set(keyOf(row), { ...rest, ...(row.gk && { gk: row.gk }), v: rest.v + 1 });
      return;
    }
    default:
      await tables.putItem({ tableName: "model", item: { ...row } });
      model.set(keyOf(row), row);
  }
}

interface Asked {
  readonly indexName?: string;
  readonly partition: "pk" | "gk";
  readonly sort: "sk" | "lk";
}

/** Rows of one partition in the order of the sort key; ties in any order. */
function expected(model: ReadonlyMap<string, Row>, asked: Asked, value: string): Row[] {
  const rows = [...model.values()].filter((row) => {
    return row[asked.partition] === value && row[asked.sort] !== undefined;
  });
  return rows.sort((left, right) =>
    asked.sort === "sk"
      ? left.sk - right.sk
      : Buffer.compare(bytesOf(left.lk ?? ""), bytesOf(right.lk ?? "")),
  );
}

async function checkQuery(model: ReadonlyMap<string, Row>): Promise<void> {
  const asked: Asked = pick([
    { partition: "pk", sort: "sk" },
    { partition: "gk", sort: "sk", indexName: "g" },
    { partition: "pk", sort: "lk", indexName: "l" },
  ] as const);
  const value = pick(PARTITIONS);
  const bound = asked.sort === "sk" ? pick(NUMBERS) : pick(PARTITIONS);
  const operator = pick(["<", "<=", ">", ">=", "=", ""]);
  const forward = random.below(2) === 0;
  const items = await tables
    .query<Row>({
      tableName: "model",
      indexName: asked.indexName,
      keyConditionExpression: `#p = :p${operator === "" ? "" : ` AND #s ${operator} :s`}`,
      expressionAttributeNames: { "#p": asked.partition, ...(operator && { "#s": asked.sort }) },
      expressionAttributeValues: { ":p": value, ...(operator && { ":s": bound }) },
      scanIndexForward: forward,
      limit: 1 + random.below(5),
    })
    .toArray();
  const rows = expected(model, asked, value).filter((row) => {
    const order =
      asked.sort === "sk"
        ? row.sk - (bound as number)
        : Buffer.compare(bytesOf(row.lk ?? ""), bytesOf(bound as string));
    return operator === "" || meets(operator, order);
  });
  const sorts = (all: readonly Row[]): unknown[] => all.map((row) => row[asked.sort]);
  expect(sorts(items), `seed ${seed}`).toEqual(sorts(forward ? rows : rows.toReversed()));
  const keys = (all: readonly Row[]): string[] => all.map((row) => JSON.stringify(canonical(row)));
  expect(keys(items).sort(), `seed ${seed}`).toEqual(keys(rows).sort());
}

function meets(operator: string, order: number): boolean {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return order === 0;
  }
}

function canonical({ pk, sk, gk, lk, v }: Row): unknown[] {
  return [pk, sk, gk, lk, v];
}

test(`queries, indexes and scans answer what a sorted and filtered map does (FIRN_SEED=${seed})`, async () => {
  const model = new Map<string, Row>();
  for (let step = 0; step < 1200; step++) {
    await change(model);
    if (step % 4 === 0) await checkQuery(model);
  }
  const totalSegments = 1 + random.below(5);
  const scanned: Row[] = [];
  for (let segment = 0; segment < totalSegments; segment++) {
    const scan = tables.scan<Row>({ tableName: "model", segment, totalSegments, limit: 7 });
    scanned.push(...(await scan.toArray()));
  }
  const all = (rows: readonly Row[]): string[] =>
    rows.map((row) => JSON.stringify(canonical(row))).sort();
  expect(all(scanned), `seed ${seed}`).toEqual(all([...model.values()]));
});
