import type { CorsRule } from "@firn/objects";

/** What a browser says of the page behind a request. */
export interface CrossOriginRequest {
  readonly origin: string;
  /** The request's method, or the one that it is about to use. */
  readonly method: string;
  /** Headers that it is about to send; none but in a preflight. */
  readonly headers?: readonly string[] | undefined;
}

/**
 * The first rule that fits.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export function fittingRule(
  rules: readonly CorsRule[],
  { origin, method, headers = [] }: CrossOriginRequest,
): CorsRule | undefined {
  return rules.find((rule) => {
    if (!rule.allowedMethods.includes(method)) return false;
    if (!rule.allowedOrigins.some((pattern) => fits(pattern, origin))) return false;
    const allowed = (rule.allowedHeaders ?? []).map((name) => name.toLowerCase());
    return headers.every((name) => allowed.some((pattern) => fits(pattern, name.toLowerCase())));
  });
}

/** One `*` at the most, for any characters. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (text.length < before.length + after.length) return false;
  return text.startsWith(before) && text.endsWith(after);
}

/** Headers that let the page read the answer. */
export function crossOriginHeaders(
  rule: CorsRule,
  { origin, headers = [] }: CrossOriginRequest,
): Record<string, string> {
  const everybody = rule.allowedOrigins.includes("*");
  const answer: Record<string, string> = {
    "access-control-allow-origin": everybody ? "*" : origin,
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
  // Credentials go with a named origin only: browsers refuse a star.
  if (!everybody) answer["access-control-allow-credentials"] = "true";
  if (headers.length > 0) answer["access-control-allow-headers"] = headers.join(", ");
  const exposed = rule.exposeHeaders ?? [];
  if (exposed.length > 0) answer["access-control-expose-headers"] = exposed.join(", ");
  if (rule.maxAgeSeconds !== undefined) {
    answer["access-control-max-age"] = String(rule.maxAgeSeconds);
  }
  return answer;
}
