import type { RawPath } from "./ast.ts";
import { Parser } from "./parser.ts";

/** Parses a projection into its paths. @throws FIRN_TABLE_REQUEST_INVALID. */
export function parseProjection(source: string): RawPath[] {
  const parser = new Parser(source, "ProjectionExpression");
  const paths: RawPath[] = [];
  do {
    paths.push(parser.path());
  } while (parser.take(","));
  parser.finish();
  return paths;
}
