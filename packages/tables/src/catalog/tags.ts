import { TAGS_MAX } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { Scope, TableRecord, Tag } from "./table-record.ts";

const TABLE_ARN = /^arn:aws:dynamodb:([^:]+):(\d+):table\/([a-zA-Z0-9_.-]{1,255})$/;

/** The name of the table that an ARN names in this scope. @throws FIRN_TABLE_REQUEST_INVALID. */
export function tableOfArn(scope: Scope, arn: string): string {
  const [, region, accountId, name] = TABLE_ARN.exec(arn) ?? [];
  if (name !== undefined && region === scope.region && accountId === scope.accountId) return name;
  throw invalid(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
}

/** Tags of a new table. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkTags(tags: readonly Tag[]): readonly Tag[] {
  const keys = new Set(tags.map(({ key }) => key));
  if (keys.size !== tags.length) throw invalidParameters("Duplicate tag keys are not allowed");
  if (tags.length > TAGS_MAX) throw tooMany();
  const reserved = tags.find(({ key }) => key.toLowerCase().startsWith("aws:"));
  if (reserved === undefined) return tags;
  throw invalidParameters(`Tag keys starting with 'aws:' are reserved: ${reserved.key}`);
}

/** The table with these tags too; a key that it has gets the new value. */
export function withTags(table: TableRecord, tags: readonly Tag[]): TableRecord {
  if (tags.length === 0) throw invalid("Atleast one Tag needs to be provided as Input.");
  checkTags(tags);
  const merged = new Map((table.tags ?? []).map(({ key, value }) => [key, value]));
  for (const { key, value } of tags) merged.set(key, value);
  if (merged.size > TAGS_MAX) throw tooMany();
  return { ...table, tags: [...merged].map(([key, value]) => ({ key, value })) };
}

/** The table without the tags of these keys. */
export function withoutTags(table: TableRecord, keys: readonly string[]): TableRecord {
  if (keys.length === 0) throw invalid("Atleast one Tag Key needs to be provided as Input.");
  return { ...table, tags: (table.tags ?? []).filter(({ key }) => !keys.includes(key)) };
}

function tooMany(): Error {
  return invalidParameters(`Too many tags: a table can have at most ${TAGS_MAX}`);
}
