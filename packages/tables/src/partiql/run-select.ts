import { PAGE_BYTES_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { tableOf } from "../engine/engine-context.ts";
import { prepareQuery } from "../engine/query.ts";
import { readRange } from "../engine/read.ts";
import type { ItemText, PageAnswer, ScanRequest } from "../engine/requests.ts";
import { prepareScan } from "../engine/scan.ts";
import { invalid } from "../errors.ts";
import type { Condition } from "../expression/ast.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { ExpressionWriter } from "./expression-writer.ts";
import { mergeCapacity } from "./merge-capacity.ts";
import type { Continuation } from "./next-token.ts";
import { readToken, writeToken } from "./next-token.ts";
import type { SelectPlan } from "./select-plan.ts";
import { planSelect } from "./select-plan.ts";
import { selectSource } from "./select-source.ts";
import { shapeOf } from "./select-shape.ts";
import type { SelectStatement } from "./statement.ts";
import type { ExecuteStatementAnswer, ExecuteStatementRequest } from "./statement-requests.ts";

interface PlannedSelect {
  readonly select: SelectStatement;
  readonly plan: SelectPlan;
  readonly request: ExecuteStatementRequest;
}

/** One page of a SELECT: a Query for each partition that it names, or a Scan. */
export async function runSelect(
  context: EngineContext,
  select: SelectStatement,
  request: ExecuteStatementRequest,
): Promise<ExecuteStatementAnswer> {
  const start = readToken(request);
  const table = await tableOf(context, select.tableName);
  const index = selectSource(select, table, request.consistentRead);
  const planned = { select, plan: planSelect(select, (index ?? table).key), request };
  const partitions = planned.plan.keyConditions?.length ?? 1;
  if (start.partition >= partitions) throw invalid("Invalid NextToken");
  return readPartitions(context, planned, start);
}

/** Until the limit, about 1 MB, or the end of the last partition. */
async function readPartitions(
  context: EngineContext,
  planned: PlannedSelect,
  start: Continuation,
): Promise<ExecuteStatementAnswer> {
  const { request, plan } = planned;
  const partitions = plan.keyConditions?.length ?? 1;
  const items: ItemText[] = [];
  const used: PageAnswer["consumedCapacity"][] = [];
  let left = request.limit ?? Infinity;
  let bytes = 0;
  let at: Continuation | undefined = start;
  while (at !== undefined && left > 0 && bytes < PAGE_BYTES_MAX) {
    const page = await readPage(context, planned, { ...at, limit: left });
    for (const item of page.items ?? []) bytes += item.length;
    items.push(...(page.items ?? []));
    used.push(page.consumedCapacity);
    left -= page.scannedCount;
    at = following(at, page.lastEvaluatedKey, partitions);
    if (page.lastEvaluatedKey !== undefined) break;
  }
  return {
    items,
    nextToken: at === undefined ? undefined : writeToken(request, at),
    lastEvaluatedKey: at?.startKey,
    consumedCapacity: mergeCapacity(used)?.[0],
  };
}

function following(
  { partition }: Continuation,
  startKey: AttributeMap | undefined,
  partitions: number,
): Continuation | undefined {
  if (startKey !== undefined) return { partition, startKey };
  return partition + 1 < partitions ? { partition: partition + 1 } : undefined;
}

async function readPage(
  context: EngineContext,
  { select, plan, request }: PlannedSelect,
  at: Continuation & { readonly limit: number },
): Promise<PageAnswer> {
  const writer = new ExpressionWriter(select.naming);
  const { projectionExpression, shape } = shapeOf(select, writer);
  const keyCondition = plan.keyConditions?.[at.partition];
  const common: ScanRequest = {
    tableName: select.tableName,
    indexName: select.indexName,
    projectionExpression,
    filterExpression: written(writer, plan.filter),
    limit: at.limit,
    exclusiveStartKey: at.startKey,
    consistentRead: request.consistentRead,
    returnConsumedCapacity: request.returnConsumedCapacity,
  };
  const keyConditionExpression = written(writer, keyCondition);
  const asked = { ...common, ...writer.attributes };
  const prepared =
    keyConditionExpression === undefined
      ? prepareScan(context.expressions, asked)
      : prepareQuery(
          context.expressions,
          { ...asked, keyConditionExpression, scanIndexForward: !plan.descending },
          true,
        );
  const page = await readRange(context, prepared, asked);
  return { ...page, items: page.items?.map(shape) };
}

function written(writer: ExpressionWriter, condition: Condition | undefined): string | undefined {
  return condition === undefined ? undefined : writer.condition(condition);
}
