import { describe, expect, test } from "vitest";
import { isPublicPolicy } from "./public-policy.ts";
import { parsePolicy } from "./parse-policy.ts";

const RULES = { kind: "resource", bytesMax: 20_480 } as const;
const STATEMENT = {
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::b/*",
};

function without(name: keyof typeof STATEMENT): object {
  return Object.fromEntries(Object.entries(STATEMENT).filter(([key]) => key !== name));
}

function document(statement: unknown, more: object = {}): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statement, ...more });
}

describe("what is refused", () => {
  test.each<[name: string, text: string, message: string]>([
    ["no object", "[]", "Policies must be valid JSON and the first byte must be '{'"],
    ["no JSON", "{", "This policy contains invalid Json"],
    ["no statements", "{}", "Missing required field Statement"],
    ["an empty list", document([]), "Could not parse the policy: Statement is empty!"],
    ["a version of nobody", document(STATEMENT, { Version: "2020-01-01" }), "valid version string"],
    ["an unknown field", document(STATEMENT, { More: 1 }), "Unknown field More"],
    ["an unknown field of a statement", document({ ...STATEMENT, X: 1 }), "Unknown field X"],
    ["no effect", document(without("Effect")), "Missing required field Effect"],
    ["a wrong effect", document({ ...STATEMENT, Effect: "Maybe" }), "Invalid effect: Maybe"],
    ["no principal", document(without("Principal")), "Missing required field Principal"],
    ["a wrong principal", document({ ...STATEMENT, Principal: { AWS: "x" } }), "Invalid principal"],
    ["a kind of nobody", document({ ...STATEMENT, Principal: { X: "*" } }), "Invalid principal"],
    [
      "Allow with NotPrincipal",
      document({ ...without("Principal"), NotPrincipal: { AWS: "111111111111" } }),
      "Allow with NotPrincipal is not allowed.",
    ],
    ["no action", document(without("Action")), "Missing required field Action"],
    ["a wrong action", document({ ...STATEMENT, Action: "get object" }), "invalid action"],
    ["no resource", document(without("Resource")), "Missing required field Resource"],
    ["a wrong resource", document({ ...STATEMENT, Resource: "b/*" }), "invalid resource"],
    [
      "an operator of nobody",
      document({ ...STATEMENT, Condition: { StringIs: { "aws:A": "b" } } }),
      "Invalid Condition type : StringIs",
    ],
    [
      "a key without a prefix",
      document({ ...STATEMENT, Condition: { StringEquals: { A: "b" } } }),
      "invalid condition key",
    ],
    ["both of a pair", document({ ...STATEMENT, NotAction: "s3:*" }), "Invalid policy syntax."],
    ["an object for a text", document({ ...STATEMENT, Action: [{}] }), "Invalid policy syntax."],
    ["too much", document(STATEMENT, { Id: "x".repeat(21_000) }), "maximum allowed document size"],
  ])("%s", (_name, text, message) => {
    expect(() => parsePolicy(text, RULES)).toThrow(message);
  });

  test("a policy of an identity speaks of nobody else", () => {
    const rules = { ...RULES, kind: "identity" } as const;
    expect(() => parsePolicy(document(STATEMENT), rules)).toThrow("should not specify a principal");
    expect(parsePolicy(document(without("Principal")), rules).statements).toHaveLength(1);
  });
});

describe("what lets the public in", () => {
  const isPublic = (statement: object): boolean =>
    isPublicPolicy(parsePolicy(document({ ...STATEMENT, ...statement }), RULES));

  test("everybody, unless fixed values hold them back", () => {
    expect(isPublic({})).toBe(true);
    expect(isPublic({ Principal: { AWS: "*" } })).toBe(true);
    expect(isPublic({ Principal: { AWS: "111111111111" } })).toBe(false);
    expect(isPublic({ Effect: "Deny" })).toBe(false);
    expect(isPublic({ Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } })).toBe(false);
    expect(isPublic({ Condition: { StringLike: { "aws:SourceVpc": "vpc-*" } } })).toBe(true);
    expect(isPublic({ Condition: { StringEquals: { "aws:Referer": "x" } } })).toBe(true);
  });

  test("a network holds them back when it is not half of the world", () => {
    const from = (network: string): object => ({
      Condition: { IpAddress: { "aws:SourceIp": network } },
    });
    expect(isPublic(from("10.0.0.0/32"))).toBe(false);
    expect(isPublic(from("0.0.0.0/1"))).toBe(true);
    expect(isPublic(from("2001:db8::/32"))).toBe(false);
    expect(isPublic(from("2000::/3"))).toBe(true);
  });
});
