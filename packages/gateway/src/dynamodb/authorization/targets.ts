import type { AttributeMap } from "@firn/tables";
import { statementTarget } from "@firn/tables";
import type { DynamoDbContext } from "../context.ts";

/** One thing that a request wants to do to one resource. */
export interface AccessTarget {
  /** `dynamodb:GetItem`. */
  readonly action: string;
  /** Of a table, an index, a stream or a backup; `*` for what is about no one resource. */
  readonly resource: string;
  /** Whose policy has a say. */
  readonly tableName?: string | undefined;
  /** Keys or items whose partition keys are told; absent where they cannot be. */
  readonly keys?: readonly AttributeMap[] | undefined;
}

type Input = Readonly<Record<string, unknown>>;

/** Of transactions, and of requests in batches: what each part is by itself. */
const PART_ACTIONS: Readonly<Record<string, string>> = {
  Get: "GetItem",
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
};

const STATEMENT_ACTIONS = {
  select: "PartiQLSelect",
  insert: "PartiQLInsert",
  update: "PartiQLUpdate",
  delete: "PartiQLDelete",
} as const;

/**
 * What a request asks for, as AWS's policies name it.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export function targetsOf(
  operation: string,
  input: Input,
  context: DynamoDbContext,
): AccessTarget[] {
  const arns = new Arns(context);
  const statements = statementsOf(operation, input);
  if (statements !== undefined) return statements.flatMap((each) => arns.ofStatement(each));
  const { TransactItems, RequestItems } = input;
  if (Array.isArray(TransactItems)) {
    return (TransactItems as readonly Input[]).flatMap((parts) => arns.ofParts(parts));
  }
  if (RequestItems !== undefined) {
    return Object.entries(RequestItems as Readonly<Record<string, unknown>>).map(([name, wanted]) =>
      arns.ofTable(operation, name, { keys: batchKeys(wanted) }),
    );
  }
  return [arns.ofRequest(operation, input)];
}

class Arns {
  readonly #prefix: string;

  constructor({ caller, region }: DynamoDbContext) {
    this.#prefix = `arn:aws:dynamodb:${region}:${caller.accountId}:table/`;
  }

  ofTable(
    operation: string,
    tableName: string,
    more: {
      readonly indexName?: unknown;
      readonly keys?: readonly AttributeMap[] | undefined;
    } = {},
  ): AccessTarget {
    const { indexName, keys } = more;
    const index = typeof indexName === "string" ? `/index/${indexName}` : "";
    const resource = `${this.#prefix}${tableName}${index}`;
    return { action: `dynamodb:${operation}`, resource, tableName, keys };
  }

  ofParts(parts: Input): AccessTarget[] {
    return Object.entries(parts).flatMap(([kind, part]) => {
      const action = PART_ACTIONS[kind];
      const { TableName: name, Key, Item } = (part ?? {}) as Input;
      if (action === undefined || typeof name !== "string") return [];
      const keys = [(Key ?? Item) as AttributeMap];
      return [this.ofTable(action, name, { keys })];
    });
  }

  ofStatement({ Statement, Parameters }: Input): AccessTarget[] {
    const target = statementTarget({
      statement: String(Statement),
      parameters: Parameters as never,
    });
    if (target === undefined) return [];
    const { kind, tableName, indexName } = target;
    return [this.ofTable(STATEMENT_ACTIONS[kind], tableName, { indexName })];
  }

  ofRequest(operation: string, input: Input): AccessTarget {
    const { Key, Item } = input;
    const given = (Key ?? Item) as AttributeMap | undefined;
    const keys = given === undefined ? undefined : [given];
    const name = input["TableName"] ?? input["SourceTableName"] ?? input["TargetTableName"];
    if (typeof name === "string") {
      return this.ofTable(operation, name, { indexName: input["IndexName"], keys });
    }
    const resource = ARN_MEMBERS.map((member) => input[member]).find((arn) => arn !== undefined);
    const action = `dynamodb:${operation}`;
    if (typeof resource !== "string") return { action, resource: "*" };
    return { action, resource: resource.split("|")[0] ?? "", tableName: this.#tableOf(resource) };
  }

  #tableOf(arn: string): string | undefined {
    return arn.startsWith(this.#prefix)
      ? arn.slice(this.#prefix.length).split(/[/|]/)[0]
      : undefined;
  }
}

/** An iterator begins with its stream's ARN. */
const ARN_MEMBERS = [
  "ResourceArn",
  "StreamArn",
  "ShardIterator",
  "BackupArn",
  "TableArn",
  "SourceTableArn",
  "ExportArn",
  "ImportArn",
] as const;

function statementsOf(operation: string, input: Input): readonly Input[] | undefined {
  if (operation === "ExecuteStatement") return [input];
  const list = input["Statements"] ?? input["TransactStatements"];
  return Array.isArray(list) ? (list as readonly Input[]) : undefined;
}

/** The keys of a BatchGetItem, the keys and items of a BatchWriteItem. */
function batchKeys(wanted: unknown): AttributeMap[] {
  const { Keys } = wanted as { readonly Keys?: readonly AttributeMap[] };
  if (Keys !== undefined) return [...Keys];
  return (Array.isArray(wanted) ? (wanted as readonly Input[]) : []).map((write) => {
    const { Item } = (write["PutRequest"] ?? {}) as Input;
    const { Key } = (write["DeleteRequest"] ?? {}) as Input;
    return (Item ?? Key) as AttributeMap;
  });
}
