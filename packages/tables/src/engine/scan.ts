import type { TableRecord } from "../catalog/table-record.ts";
import { invalid } from "../errors.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { segmentBounds } from "../value/key-bytes.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import type { KeyBounds } from "./page-reader.ts";
import type { PreparedRange } from "./query.ts";
import { behind } from "./query.ts";
import {
  answerPlan,
  bindFilterAndProjection,
  checkSelect,
  checkStartKey,
  findIndex,
} from "./range-request.ts";
import type { ScanRequest } from "./requests.ts";
import { startAt } from "./start-key.ts";

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareScan(expressions: ExpressionCache, request: ScanRequest): PreparedRange {
  checkExpressionParameters(
    {
      ProjectionExpression: request.projectionExpression,
      FilterExpression: request.filterExpression,
    },
    request,
    {
      AttributesToGet: request.attributesToGet,
      ScanFilter: request.scanFilter,
      ConditionalOperator: request.conditionalOperator,
    },
  );
  checkStartKey(request.exclusiveStartKey);
  checkSegments(request);
  const parts = bindFilterAndProjection(expressions, new Bindings(request), request);
  checkSelect(request, "Scanning");
  return {
    tableName: request.tableName,
    plan(table: TableRecord) {
      const index = findIndex(table, request);
      const bounds = segmentOf(request);
      const start = startAt({ table, index }, request.exclusiveStartKey);
      if (start !== undefined) checkSegmentStart(request, bounds, start);
      return {
        index,
        page: {
          space: (index ?? table).space,
          bounds: start === undefined ? bounds : behind(bounds, start, false),
          reverse: false,
          limit: request.limit ?? Infinity,
          ...answerPlan(table, index, { ...parts, select: request.select }),
        },
      };
    },
  };
}

function checkSegments({ segment, totalSegments }: ScanRequest): void {
  if (segment !== undefined && totalSegments === undefined) {
    throw invalid(
      "The TotalSegments parameter is required but was not present in the request when Segment " +
        "parameter is present",
    );
  }
  if (totalSegments === undefined) return;
  if (segment === undefined) {
    throw invalid(
      "The Segment parameter is required but was not present in the request when parameter " +
        "TotalSegments is present",
    );
  }
  if (segment < totalSegments) return;
  throw invalid(
    "The Segment parameter is zero-based and must be less than parameter TotalSegments: " +
      `Segment: ${segment} is not less than TotalSegments: ${totalSegments}`,
  );
}

function segmentOf({ segment, totalSegments }: ScanRequest): KeyBounds {
  if (segment === undefined || totalSegments === undefined) return {};
  const { from, to } = segmentBounds(segment, totalSegments);
  return { gte: from, lt: to };
}

function checkSegmentStart(request: ScanRequest, bounds: KeyBounds, start: Uint8Array): void {
  const { gte, lt } = bounds;
  const before = gte !== undefined && Buffer.compare(start, gte) < 0;
  const behindEnd = lt !== undefined && Buffer.compare(start, lt) >= 0;
  if (!before && !behindEnd) return;
  throw invalid(
    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use " +
      `ExclusiveStartKey with correct Segment. TotalSegments: ${request.totalSegments} ` +
      `Segment: ${request.segment}`,
  );
}
