import { createHash } from "node:crypto";
import { invalid } from "../errors.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ExecuteStatementRequest } from "./statement-requests.ts";

/** Where a SELECT goes on. */
export interface Continuation {
  /** Which of its partitions; 0 for a Scan. */
  readonly partition: number;
  /** Behind which key; from the beginning of the partition without it. */
  readonly startKey?: AttributeMap | undefined;
}

interface TokenContent extends Continuation {
  readonly request: string;
}

/** A token that fits no other statement and no other parameters. */
export function writeToken(request: ExecuteStatementRequest, at: Continuation): string {
  const content: TokenContent = { ...at, request: digest(request) };
  return Buffer.from(JSON.stringify(content)).toString("base64");
}

/** @throws FIRN_TABLE_REQUEST_INVALID for a token that is none, or of another request. */
export function readToken(request: ExecuteStatementRequest): Continuation {
  if (request.nextToken === undefined) return { partition: 0 };
  const content = parse(request.nextToken);
  if (content.request !== digest(request)) throw invalid("NextToken does not match request");
  return content;
}

function parse(token: string): TokenContent {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(token, "base64").toString());
  } catch {
    throw invalid("Invalid NextToken");
  }
  if (!isContent(content)) throw invalid("Invalid NextToken");
  return content;
}

function isContent(content: unknown): content is TokenContent {
  if (typeof content !== "object" || content === null) return false;
  const { partition, startKey, request } = content as Partial<Record<string, unknown>>;
  return (
    Number.isSafeInteger(partition) &&
    (partition as number) >= 0 &&
    typeof request === "string" &&
    (startKey === undefined || (typeof startKey === "object" && startKey !== null))
  );
}

function digest({ statement, parameters }: ExecuteStatementRequest): string {
  const text = JSON.stringify([statement, parameters ?? []]);
  return createHash("sha256").update(text).digest("base64");
}
