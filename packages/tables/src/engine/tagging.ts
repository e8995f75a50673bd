import type { TableRecord, Tag } from "../catalog/table-record.ts";
import { tableOfArn, withoutTags, withTags } from "../catalog/tags.ts";
import { tableError } from "../errors.ts";
import type { EngineContext } from "./engine-context.ts";

export interface TagResourceRequest {
  /** `arn:aws:dynamodb:us-east-1:000000000000:table/name`. */
  readonly resourceArn: string;
  readonly tags: readonly Tag[];
}

export interface UntagResourceRequest {
  readonly resourceArn: string;
  readonly tagKeys: readonly string[];
}

/** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
export function tagResource(context: EngineContext, request: TagResourceRequest): Promise<void> {
  return changeTable(context, request.resourceArn, (table) => withTags(table, request.tags));
}

/** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
export function untagResource(
  context: EngineContext,
  request: UntagResourceRequest,
): Promise<void> {
  return changeTable(context, request.resourceArn, (table) => withoutTags(table, request.tagKeys));
}

/** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
export async function tagsOf(context: EngineContext, resourceArn: string): Promise<readonly Tag[]> {
  const { scope, catalog } = context;
  const table = await catalog.find(scope, tableOfArn(scope, resourceArn));
  if (table === undefined) throw arnNotFound(resourceArn);
  return table.tags ?? [];
}

async function changeTable(
  { catalog, scope }: EngineContext,
  arn: string,
  change: (table: TableRecord) => TableRecord,
): Promise<void> {
  await catalog.change(scope, tableOfArn(scope, arn), (present) => {
    if (present === undefined) throw arnNotFound(arn);
    return change(present);
  });
}

function arnNotFound(arn: string): Error {
  return tableError(
    "FIRN_TABLE_NOT_FOUND",
    `Requested resource not found: ResourcArn: ${arn} not found`,
    { resourceArn: arn },
  );
}
