import type { Scope } from "../catalog/table-record.ts";
import { invalid, invalidParameters } from "../errors.ts";

/** What a policy may stand at. */
export interface PolicyResource {
  readonly tableName: string;
  /** Of a stream; absent for the table. */
  readonly streamLabel?: string | undefined;
}

const ARN = /^arn:aws:dynamodb:([^:]*):(\d*):table\/([a-zA-Z0-9_.-]{1,255})(?:\/(.*))?$/s;
const STREAM = /^stream\/([0-9T:.-]+)$/;

/** The table or stream of this scope that an ARN names. @throws FIRN_TABLE_REQUEST_INVALID. */
export function policyResource(scope: Scope, arn: string): PolicyResource {
  if (!arn.startsWith("arn:")) throw invalidParameters(`ARNs must start with 'arn:': ${arn}`);
  const [, region, accountId, tableName, rest] = ARN.exec(arn) ?? [];
  if (tableName === undefined) {
    throw invalidParameters(`Provided Arn is not a DynamoDB resource arn: ${arn}`);
  }
  if (region !== scope.region) throw invalidParameters(`Invalid resource Arn: ${arn}`);
  if (accountId !== scope.accountId) {
    throw invalid(
      "This action is only supported by accounts that match the resource owner’s account.",
    );
  }
  if (rest === undefined) return { tableName };
  const streamLabel = STREAM.exec(rest)?.[1];
  if (streamLabel !== undefined) return { tableName, streamLabel };
  throw invalidParameters(
    "Invalid resource arn provided, only table or stream is accepted. " +
      `Provided resource arn: ${arn}`,
  );
}
