import { rm } from "node:fs/promises";
import { FirnError, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TableEngine } from "../engine/table-engine.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { parseItem } from "../value/attribute-value.ts";

let directory: string;
let store: Store;
let engine: TableEngine;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  engine = await TableEngine.open({ store });
  await engine.createTable({
    tableName: "Music",
    attributeDefinitions: [
      { attributeName: "artist", attributeType: "S" },
      { attributeName: "song", attributeType: "S" },
      { attributeName: "year", attributeType: "N" },
    ],
    keySchema: [
      { attributeName: "artist", keyType: "HASH" },
      { attributeName: "song", keyType: "RANGE" },
    ],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "byYear",
        keySchema: [{ attributeName: "year", keyType: "HASH" }],
        projection: { projectionType: "KEYS_ONLY" },
      },
    ],
  });
});

afterAll(async () => {
  await engine?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

const SONGS = [
  `{'artist': 'A', 'song': 's1', 'year': 1990, 'tags': <<'x', 'y'>>, 'plays': 1}`,
  `{'artist': 'A', 'song': 's2', 'year': 1991, 'info': {'label': 'L', 'parts': [1, 2, 3]}}`,
  `{'artist': 'A', 'song': 't3', 'year': 1991, 'none': null}`,
  `{'artist': 'B', 'song': 's1', 'year': 1990}`,
];

beforeEach(async () => {
  const { items = [] } = await engine.scan({ tableName: "Music" });
  for (const item of items.map(parseItem)) {
    const { artist, song } = item as Record<"artist" | "song", AttributeValue>;
    await engine.deleteItem({ tableName: "Music", key: { artist, song } });
  }
  for (const song of SONGS) await run(`INSERT INTO Music VALUE ${song}`);
});

async function run(statement: string, parameters?: AttributeValue[]): Promise<AttributeMap[]> {
  const { items } = await engine.executeStatement({ statement, parameters });
  return items.map(parseItem);
}

async function names(statement: string, parameters?: AttributeValue[]): Promise<string[]> {
  const items = await run(statement, parameters);
  return items.map((item) => {
    const { artist, song } = item as Record<"artist" | "song", { readonly S: string }>;
    return artist.S + song.S;
  });
}

async function refusal(statement: string, parameters?: AttributeValue[]): Promise<string> {
  const error: unknown = await run(statement, parameters).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, statement).toBeInstanceOf(FirnError);
  return (error as FirnError).message;
}

const MALFORMED = "Statement wasn't well formed, can't be processed: ";

test("a SELECT with its partition key reads one partition, and without it everything", async () => {
  expect(await names(`SELECT * FROM "Music" WHERE artist = 'A'`)).toEqual(["As1", "As2", "At3"]);
  expect(await names(`SELECT * FROM Music WHERE 'B' = "artist" AND song = 's1'`)).toEqual(["Bs1"]);
  expect((await names("SELECT * FROM Music")).toSorted()).toEqual(["As1", "As2", "At3", "Bs1"]);
  const query = await engine.executeStatement({
    statement: "SELECT * FROM Music WHERE artist = 'B'",
    limit: 5,
    returnConsumedCapacity: "TOTAL",
  });
  expect(query).toMatchObject({ consumedCapacity: { tableName: "Music", capacityUnits: 0.5 } });
});

test.each([
  ["song > 's1'", ["As2", "At3"]],
  ["song BETWEEN 's1' AND 's2'", ["As1", "As2"]],
  ["begins_with(song, 's')", ["As1", "As2"]],
  ["song > 's1' AND song < 't'", ["As2"]],
  ["song <> 's1'", ["As2", "At3"]],
  ["NOT song = 's1'", ["As2", "At3"]],
  ["song IN ['s1', 't3', 'z']", ["As1", "At3"]],
  ["song NOT IN ('s1')", ["As2", "At3"]],
  ["(year = 1990 OR info.label = 'L')", ["As1", "As2"]],
  ["year != 1991", ["As1"]],
  ["contains(tags, 'y')", ["As1"]],
  ["info.parts[1] = 2", ["As2"]],
  ["size(info.parts) >= 3", ["As2"]],
  ["attribute_type(info, 'M')", ["As2"]],
  ["plays IS MISSING", ["As2", "At3"]],
  ["plays IS NOT MISSING", ["As1"]],
  ["none IS NULL", ["At3"]],
  ["attribute_exists(info) /* a comment */ -- and another", ["As2"]],
  ["tags = <<'y', 'x'>>", ["As1"]],
  ["info = {'label': 'L', 'parts': [1, 2, 3]};", ["As2"]],
])("WHERE artist = 'A' AND %s", async (condition, expected) => {
  expect(await names(`SELECT * FROM Music WHERE artist = 'A' AND ${condition}`)).toEqual(expected);
});

test("several partitions are read one after the other, in the order asked for", async () => {
  const both = "SELECT * FROM Music WHERE artist IN ['B', 'A'] AND song = 's1'";
  expect(await names(both)).toEqual(["Bs1", "As1"]);
  expect(await names(`${both} ORDER BY artist`)).toEqual(["As1", "Bs1"]);
  expect(await names("SELECT * FROM Music WHERE artist = 'A' ORDER BY song DESC")).toEqual([
    "At3",
    "As2",
    "As1",
  ]);
  expect(await names("SELECT * FROM Music WHERE artist = 'A' OR artist = 'B'")).toHaveLength(4);
});

test("a SELECT goes on where its token says, and only with its own", async () => {
  const statement = "SELECT * FROM Music WHERE artist IN ('A', 'B')";
  const found: unknown[] = [];
  let nextToken: string | undefined;
  do {
    const page = await engine.executeStatement({ statement, limit: 1, nextToken });
    found.push(...page.items.map(parseItem));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(found).toHaveLength(4);
  const first = await engine.executeStatement({ statement, limit: 1 });
  const other = { statement: "SELECT * FROM Music", nextToken: first.nextToken };
  await expect(engine.executeStatement(other)).rejects.toThrow("NextToken does not match request");
  await expect(engine.executeStatement({ statement, nextToken: "%" })).rejects.toThrow(
    "Invalid NextToken",
  );
});

test("a projection answers paths under their last names", async () => {
  const where = "FROM Music WHERE artist = 'A' AND song = 's2'";
  expect(await run(`SELECT year, info.label ${where}`)).toEqual([
    { year: { N: "1991" }, label: { S: "L" } },
  ]);
  expect(await run(`SELECT song ${where}`)).toEqual([{ song: { S: "s2" } }]);
  expect(await run(`SELECT info.parts[2] ${where}`)).toEqual([{ _1: { N: "3" } }]);
});

test("an index is read behind the table's name", async () => {
  const found = await names(`SELECT * FROM "Music"."byYear" WHERE year = 1991`);
  expect(found.toSorted()).toEqual(["As2", "At3"]);
  expect(await refusal(`SELECT info FROM Music.byYear WHERE year = 1991`)).toBe(
    "One or more parameter values were invalid: Global secondary index byYear does not project " +
      "[info]",
  );
  expect(await refusal(`SELECT * FROM Music.nope`)).toBe(
    "The table does not have the specified index",
  );
  expect(await refusal("SELECT song FROM Music.byYear WHERE year = 1 AND info.x = 2")).toBe(
    "One or more parameter values were invalid: Secondary index byYear does not project one or " +
      "more filter attributes: [info]",
  );
  const consistent = engine.executeStatement({
    statement: "SELECT * FROM Music.byYear WHERE year = 1991",
    consistentRead: true,
  });
  await expect(consistent).rejects.toThrow(
    "Strongly consistent read is not supported on Global Secondary Indexes",
  );
});

test("an index whose key has several attributes is not read by statements", async () => {
  await engine.createTable({
    tableName: "Multi",
    attributeDefinitions: ["k", "a", "b"].map((attributeName) => ({
      attributeName,
      attributeType: "S",
    })),
    keySchema: [{ attributeName: "k", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "wide",
        keySchema: [
          { attributeName: "a", keyType: "HASH" },
          { attributeName: "b", keyType: "HASH" },
        ],
        projection: { projectionType: "ALL" },
      },
    ],
  });
  const statement = "SELECT * FROM Multi.wide WHERE a = 'x' AND b = 'y'";
  const message =
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or " +
    "multi-attribute RANGE keys.";
  expect(await refusal(statement)).toBe(message);
  const { responses } = await engine.batchExecuteStatement({ statements: [{ statement }] });
  expect(responses).toMatchObject([{ error: { code: "ValidationError", message } }]);
  expect(await run("SELECT * FROM Multi WHERE k = 'x'")).toEqual([]);
});

test("an INSERT makes an item, and only one that is not there", async () => {
  expect(
    await run("INSERT INTO Music VALUE {'artist': ?, 'song': ?}", [{ S: "C" }, { S: "x" }]),
  ).toEqual([]);
  const again = engine.executeStatement({
    statement: "INSERT INTO Music VALUE {'artist': 'C', 'song': 'x'}",
  });
  await expect(again).rejects.toMatchObject({
    code: "FIRN_TABLE_DUPLICATE_ITEM",
    message: "Duplicate primary key exists in table",
  });
});

test("an UPDATE changes what is there, and answers what it is asked for", async () => {
  const where = "WHERE artist = 'A' AND song = 's1'";
  expect(
    await run(
      `UPDATE Music SET plays = plays + 2, note = 'n' SET tags = set_add(tags, <<'z'>>) ` +
        `REMOVE year ${where} AND plays = 1 RETURNING MODIFIED NEW *`,
    ),
  ).toEqual([{ plays: { N: "3" }, note: { S: "n" }, tags: { SS: ["x", "y", "z"] } }]);
  expect(await run(`UPDATE Music SET note = if_not_exists(none, 'd') ${where}`)).toEqual([]);
  expect(await run(`FROM Music ${where} REMOVE note RETURNING ALL OLD *`)).toMatchObject([
    { note: { S: "d" } },
  ]);
  const missing = engine.executeStatement({
    statement: "UPDATE Music SET x = 1 WHERE artist = 'Z' AND song = 'z'",
  });
  await expect(missing).rejects.toMatchObject({ code: "FIRN_TABLE_CONDITION_FAILED" });
});

test("a DELETE of what is not there succeeds, one whose condition fails does not", async () => {
  const where = "WHERE artist = 'A' AND song = 's1'";
  await expect(
    engine.executeStatement({
      statement: `DELETE FROM Music ${where} AND plays = 9`,
      returnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
  ).rejects.toMatchObject({ code: "FIRN_TABLE_CONDITION_FAILED", detail: { item: {} } });
  const gone = `DELETE FROM Music ${where} AND plays = 1 RETURNING ALL OLD *`;
  expect(await run(gone)).toMatchObject([{ plays: { N: "1" } }]);
  expect(await run(gone)).toEqual([]);
});

test.each([
  ["SELECTT * FROMM Music", `${MALFORMED}Expected data manipulation`],
  ["SELECT * FROM", `${MALFORMED}Unexpected term`],
  ["SELECT * FROM Music WHERE", `${MALFORMED}Unexpected term`],
  ["SELECT * FROM Music WHERE (", `${MALFORMED}Unexpected term`],
  ["SELECT * FROM Music WHERE ORDER BY artist", `${MALFORMED}Unexpected keyword`],
  ["SELECT * FROM Music WHERE IS NULL", `${MALFORMED}Unexpected operator`],
  ["SELECT * FROM Music WHERE artist = LIKE", `${MALFORMED}Unexpected operator`],
  ["SELECT * FROM Music WHERE a IS FOO", `${MALFORMED}Expected type name`],
  [
    "SELECT * FROM Music WHERE artist = 'A' AND",
    `${MALFORMED}Missing right-hand side expression of infix operator`,
  ],
  ["SELECT * FROM Music WHERE artist = 'A' foo", `${MALFORMED}Unexpected token after expression`],
  ["SELECT * FROM Music ORDER BY a WHERE a = 1", `${MALFORMED}Unexpected token after expression`],
  ["SELECT * FROM Music WHERE artist = 1 # note", MALFORMED],
  ["SELECT * FROM Music WHERE artist = 1 /* note", MALFORMED],
  ["SELECT * FROM Music WHERE artist = 1e2147483648", MALFORMED],
  ["SELECT * FROM Music AS t", "Aliasing is not supported"],
  ["DELETE FROM WHERE a = 1", `${MALFORMED}Expected identifier for simple path`],
  ["INSERT INTO Music t VALUE {}", `${MALFORMED}Unexpected token after expression`],
  [
    "INSERT INTO Music VALUE {'artist': 'a', 'm': {'x': [1, 1e126]}}",
    "Number overflow. Attempting to store a number with magnitude larger than supported range " +
      "under root.x[1]",
  ],
  [
    "UPDATE Music SET a = 1 WHERE artist = 'A'",
    "Where clause does not contain a mandatory equality on all key attributes",
  ],
  [
    "UPDATE Music SET t = set_add(u, <<'x'>>) WHERE artist = 'A'",
    "The first argument to SET_ADD must equal the assignment value at 1:22:7",
  ],
  ["UPDATE Music SET t = set_add(t, <<>>)", "Empty bags are not supported"],
  [
    "SELECT * FROM Music WHERE artist = 'A' AND EXISTS(x)",
    "Unrecognized function: exists at 1:44:6",
  ],
  [
    "SELECT * FROM Music WHERE artist = 'A' AND attribute_exists('x')",
    "Operator or function requires a document path; operator or function: attribute_exists",
  ],
  ["SELECT * FROM Music WHERE a.inner = 1", `${MALFORMED}Invalid path dot component`],
  [
    "DELETE FROM Music WHERE artist = 'x' RETURNING MODIFIED OLD *",
    "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in " +
      "DELETE statements.",
  ],
  [
    "SELECT * FROM Music ORDER BY song",
    "Must have WHERE clause in the statement when using ORDER BY clause.",
  ],
  [
    "SELECT * FROM Music WHERE song = 'a' ORDER BY song",
    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY " +
      "clause.",
  ],
  [
    "SELECT * FROM Music WHERE artist = 'a' ORDER BY year",
    "Variable reference year in ORDER BY clause must be part of the primary key",
  ],
  ["SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"],
  ['SELECT * FROM ""', "Path component cannot be an empty string"],
  [
    "SELECT * FROM Nope WHERE artist < true",
    "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
  ],
  ["SELECT * FROM Nope WHERE artist = 'a'", "Requested resource not found"],
  [
    "SELECT * FROM Music WHERE artist = ?",
    "Number of parameters in request and statement don't match.",
  ],
])("%s is refused in the service's words", async (statement, message) => {
  expect(await refusal(statement)).toBe(message);
});

test("each statement of a batch succeeds or fails for itself", async () => {
  const reads = await engine.batchExecuteStatement({
    statements: [
      { statement: "SELECT year FROM Music WHERE artist = 'A' AND song = 's1'" },
      { statement: "SELECT * FROM Music WHERE artist = 'A' AND song = 'none'" },
      { statement: "SELECT * FROM Music WHERE artist = 'A'" },
      { statement: "SELECT * FROM Nope WHERE a = 'A'" },
      { statement: "SLECT" },
    ],
    returnConsumedCapacity: "TOTAL",
  });
  expect(reads.responses.map(({ error }) => error?.code)).toEqual([
    undefined,
    undefined,
    "ValidationError",
    "ResourceNotFound",
    "ValidationError",
  ]);
  expect(parseItem(reads.responses[0]?.item as Uint8Array)).toEqual({ year: { N: "1990" } });
  expect(reads.consumedCapacity).toEqual([{ tableName: "Music", capacityUnits: 1 }]);
  const writes = await engine.batchExecuteStatement({
    statements: [
      { statement: "INSERT INTO Music VALUE {'artist': 'A', 'song': 's1'}" },
      { statement: "UPDATE Music SET x = 1 WHERE artist = 'Z' AND song = 'z'" },
      { statement: "DELETE FROM Music WHERE artist = 'B' AND song = 's1' RETURNING ALL OLD *" },
    ],
  });
  expect(writes.responses).toMatchObject([
    { error: { code: "DuplicateItem", message: "Duplicate primary key exists in table" } },
    { error: { code: "ConditionalCheckFailed", message: "The conditional request failed" } },
    { tableName: "Music" },
  ]);
  await expect(
    engine.batchExecuteStatement({
      statements: [
        { statement: "SELECT * FROM Music WHERE artist = 'A' AND song = 's1'" },
        { statement: "DELETE FROM Music WHERE artist = 'A' AND song = 's1'" },
      ],
    }),
  ).rejects.toThrow("Read and write requests together in the same batch is not supported.");
});

test("a transaction of statements happens whole or not at all", async () => {
  const transact = (...statements: string[]): ReturnType<TableEngine["executeTransaction"]> =>
    engine.executeTransaction({
      transactStatements: statements.map((statement) => ({ statement })),
    });
  const exists = "EXISTS(SELECT * FROM Music WHERE artist = 'A' AND song = 's1' AND plays = 1)";
  await transact(
    exists,
    "INSERT INTO Music VALUE {'artist': 'T', 'song': '1'}",
    "UPDATE Music SET plays = 7 WHERE artist = 'A' AND song = 's2'",
    "DELETE FROM Music WHERE artist = 'B' AND song = 's1'",
  );
  await expect(
    transact(
      "INSERT INTO Music VALUE {'artist': 'T', 'song': '1'}",
      "INSERT INTO Music VALUE {'artist': 'T', 'song': '2'}",
    ),
  ).rejects.toMatchObject({
    code: "FIRN_TABLE_TRANSACTION_CANCELED",
    detail: { reasons: [{ code: "DuplicateItem" }, { code: "None" }] },
  });
  const { responses } = await transact(
    "SELECT plays FROM Music WHERE artist = 'A' AND song = 's2'",
    "SELECT * FROM Music WHERE artist = 'T' AND song = '2'",
  );
  expect(responses.map((item) => item && parseItem(item))).toEqual([
    { plays: { N: "7" } },
    undefined,
  ]);
  await expect(transact("SELECT * FROM Music WHERE artist = 'A'")).rejects.toThrow(
    "Validation failed in TransactStatements[0]: Select statements within ExecuteTransaction " +
      "must specify the primary key in the where clause.",
  );
  await expect(
    transact(exists, "SELECT * FROM Music WHERE artist = 'A' AND song = 's1'"),
  ).rejects.toThrow(
    "ExecuteTransaction API does not support both read and write operations in the same request.",
  );
  await expect(transact("SELECT * FROM Music.byYear WHERE year = 1")).rejects.toThrow(
    "Validation failed in TransactStatements[0]: Reads on indices are not supported within " +
      "transactions.",
  );
  await expect(
    transact("DELETE FROM Music WHERE artist = 'A' AND song = 's1' RETURNING ALL OLD *"),
  ).rejects.toThrow(
    "Validation failed in TransactStatements[0]: RETURNING clause is not supported in " +
      "ExecuteTransaction.",
  );
});
