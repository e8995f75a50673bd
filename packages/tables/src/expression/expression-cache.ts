import { LRUCache } from "lru-cache";
import { EXPRESSION_CACHE_ENTRIES } from "../constants.ts";
import type { Condition, RawPath, UpdateAction } from "./ast.ts";
import { parseCondition } from "./condition-parser.ts";
import type { ExpressionLabel } from "./parser.ts";
import { parseProjection } from "./projection-parser.ts";
import { parseUpdate } from "./update-parser.ts";

/** Parsed expressions by their text: applications send the same few again and again. */
export class ExpressionCache {
  readonly #conditions = new LRUCache<string, Condition>({ max: EXPRESSION_CACHE_ENTRIES });
  readonly #projections = new LRUCache<string, readonly RawPath[]>({
    max: EXPRESSION_CACHE_ENTRIES,
  });
  readonly #updates = new LRUCache<string, readonly UpdateAction[]>({
    max: EXPRESSION_CACHE_ENTRIES,
  });

  /** @throws FIRN_TABLE_REQUEST_INVALID, naming `label`. */
  condition(source: string, label: ExpressionLabel): Condition {
    return cached(this.#conditions, source, () => parseCondition(source, label));
  }

  projection(source: string): readonly RawPath[] {
    return cached(this.#projections, source, () => parseProjection(source));
  }

  update(source: string): readonly UpdateAction[] {
    return cached(this.#updates, source, () => parseUpdate(source));
  }
}

/** Only what parses is kept: an error names the parameter that it came in. */
function cached<T extends object>(cache: LRUCache<string, T>, source: string, parse: () => T): T {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const parsed = parse();
  cache.set(source, parsed);
  return parsed;
}
