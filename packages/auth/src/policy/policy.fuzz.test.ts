import { SeededRandom } from "@firn/core";
import { printLine, testBudgetMs, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { evaluatePolicy } from "./evaluate-policy.ts";
import { parsePolicy } from "./parse-policy.ts";
import { PolicyError } from "./policy-error.ts";
import type { Policy, PolicyRequest } from "./policy-types.ts";
import { isPublicPolicy } from "./public-policy.ts";

const QUICK_MS = 1500;
const RULES = { kind: "resource", bytesMax: 20_480 } as const;

/** Words that mean something somewhere in a policy, so that nonsense is near to sense. */
const WORDS: readonly unknown[] = [
  ...["Allow", "Deny", "*", "?", "s3:*", "s3:GetObject", "s3:Get?bject", "S3:PUTOBJECT", "$"],
  ...["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::*"],
  ...["111111111111", "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:user/ann"],
  ...["${aws:username, 'x'}", "${*}", "${", "10.0.0.0/8", "::/0", "300.1.1.1/99", "2026-01-01"],
  ...["aws:SourceIp", "s3:prefix", "aws:username", "true", "false", "", "\u0000", "é", "1e309"],
  ...["StringLike", "ForAllValues:StringEquals", "NumericLessThanIfExists", "Null", "IpAddress"],
  ...["ArnLike", "DateLessThan", "Bool", "__proto__", "constructor", "NotPrincipal", "NotAction"],
  ...[0, -1, 1e21, true, false, null, [], {}, ["*", "*"], { AWS: "*" }, { AWS: ["1"] }],
];

class Generator {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)] as T;
  }

  chance(oneIn: number): boolean {
    return this.#random.below(oneIn) === 0;
  }

  statement(): Record<string, unknown> {
    const list = <T>(values: readonly T[]): T | T[] =>
      this.chance(2) ? this.pick(values) : [this.pick(values), this.pick(values)];
    const arns = ["arn:aws:s3:::b/*", "arn:aws:s3:::b/ann/*", "arn:aws:s3:::b", "*"];
    const condition = {
      [this.pick(["StringEquals", "StringNotLike", "StringLikeIfExists"])]: {
        [this.pick(["aws:username", "s3:prefix"])]: list(["ann", "a*", "bob"]),
      },
    };
    return {
      Effect: this.pick(["Allow", "Allow", "Deny"]),
      Principal: this.pick<unknown>(["*", { AWS: "111111111111" }, { AWS: "222222222222" }]),
      [this.chance(6) ? "NotAction" : "Action"]: list(["s3:GetObject", "s3:*", "s3:PutObject"]),
      [this.chance(6) ? "NotResource" : "Resource"]: list(arns),
      ...(this.chance(2) ? { Condition: condition } : {}),
    };
  }

  document(): { Version: string; Statement: Record<string, unknown>[] } {
    const count = 1 + this.#random.below(4);
    const Statement = Array.from({ length: count }, () => this.statement());
    return { Version: this.pick(["2012-10-17", "2012-10-17", "2008-10-17"]), Statement };
  }

  /** One place of it is another thing. */
  spoiled(value: unknown): unknown {
    if (typeof value !== "object" || value === null || this.chance(6)) return this.pick(WORDS);
    if (Array.isArray(value)) {
      const at = this.#random.below(value.length + 1);
      return value.map((one, index) => (index === at ? this.spoiled(one) : (one as unknown)));
    }
    const entries = Object.entries(value);
    const at = this.#random.below(entries.length + 1);
    if (at === entries.length) return { ...value, [String(this.pick(WORDS))]: this.pick(WORDS) };
    const [name, inner] = entries[at] as [string, unknown];
    if (this.chance(8)) return Object.fromEntries(entries.filter(([one]) => one !== name));
    return { ...value, [name]: this.spoiled(inner) };
  }

  /** Text with a byte more, less or other. */
  torn(text: string): string {
    const at = this.#random.below(text.length);
    const more = this.chance(2) ? "" : String.fromCharCode(this.#random.below(0x300));
    return text.slice(0, at) + more + text.slice(at + this.#random.below(3));
  }

  request(): PolicyRequest {
    const facts = new Map<string, readonly string[]>();
    if (this.chance(2)) facts.set("aws:username", [this.pick(["ann", "bob", "*"])]);
    if (this.chance(2)) facts.set("s3:prefix", [this.pick(["a", "", "ann/"])]);
    if (this.chance(4)) facts.set("aws:sourceip", [this.pick(["10.1.1.1", "::1", "x"])]);
    const accountId = this.pick([undefined, "111111111111", "222222222222"]);
    return {
      principal:
        accountId === undefined ? {} : { accountId, arn: `arn:aws:iam::${accountId}:root` },
      action: this.pick(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
      resource: this.pick(["arn:aws:s3:::b", "arn:aws:s3:::b/a", "arn:aws:s3:::b/ann/x"]),
      facts,
    };
  }
}

/** Nested beyond the stack, in every place where a value can stand. */
const DEEP: string = `${"[".repeat(6000)}${"]".repeat(6000)}`;

const RANK = { deny: 0, none: 1, delegate: 2, allow: 3 } as const;

function read(document: unknown): Policy {
  return parsePolicy(JSON.stringify(document), RULES);
}

test("a policy of any kind is read or refused, and what is read can be evaluated", () => {
  const generator = new Generator(new SeededRandom(testSeed()));
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.02);
  let count = 0;
  let taken = 0;
  for (; performance.now() < endAt; count++) {
    let document: unknown = generator.document();
    while (generator.chance(2)) document = generator.spoiled(document);
    const plain = JSON.stringify(document);
    const deep = plain.replace(generator.pick(['"Allow"', '"*"', /"s3:[^"]*"/, /\[[^[]*\]/]), DEEP);
    const spoiled = generator.chance(2) ? plain : deep;
    const text = generator.chance(3) ? generator.torn(spoiled) : spoiled;
    try {
      const policy = parsePolicy(text, RULES);
      taken++;
      expect(RANK[evaluatePolicy(policy, generator.request()).effect], text).toBeDefined();
      isPublicPolicy(policy);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw new Error(`at ${text}`, { cause: error });
    }
  }
  expect(taken).toBeGreaterThan(0);
  printLine(`policies: ${count} documents, ${taken} of them read`);
});

test("a denial never allows, an allowance never denies, and their order does not matter", () => {
  const generator = new Generator(new SeededRandom(testSeed()));
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.02);
  let count = 0;
  for (; performance.now() < endAt; count++) {
    const document = generator.document();
    const request = generator.request();
    const rank = (statements: readonly unknown[]): number =>
      RANK[evaluatePolicy(read({ ...document, Statement: statements }), request).effect];
    const { Statement } = document;
    const before = rank(Statement);
    const told = JSON.stringify({ document, request: { ...request, facts: [...request.facts] } });
    expect(rank(Statement.toReversed()), told).toBe(before);
    const more = generator.statement();
    expect(rank([...Statement, { ...more, Effect: "Deny" }]), told).toBeLessThanOrEqual(before);
    const allowed = rank([{ ...more, Effect: "Allow" }, ...Statement]);
    expect(allowed, told).toBeGreaterThanOrEqual(before);
    if (before === RANK.deny) expect(allowed, told).toBe(RANK.deny);
  }
  printLine(`policies: ${count} compared with their neighbours`);
});
