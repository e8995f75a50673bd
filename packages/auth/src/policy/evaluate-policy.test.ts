import { describe, expect, test } from "vitest";
import { evaluatePolicies, evaluatePolicy } from "./evaluate-policy.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { PolicyPrincipal } from "./policy-types.ts";

const ALICE: PolicyPrincipal = {
  accountId: "111111111111",
  arn: "arn:aws:iam::111111111111:user/alice",
  canonicalId: "a".repeat(64),
};
const STRANGER: PolicyPrincipal = {};

interface Given {
  readonly principal?: PolicyPrincipal;
  readonly action?: string;
  readonly resource?: string;
  readonly facts?: Readonly<Record<string, string | readonly string[]>>;
}

function verdict(statement: object | readonly object[], given: Given = {}): string {
  const document = { Version: "2012-10-17", Statement: statement };
  const policy = parsePolicy(JSON.stringify(document), { kind: "resource", bytesMax: 20_480 });
  return evaluatePolicy(policy, requestOf(given)).effect;
}

function requestOf({ principal = ALICE, action, resource, facts = {} }: Given) {
  return {
    principal,
    action: action ?? "s3:GetObject",
    resource: resource ?? "arn:aws:s3:::photos/2026/a.jpg",
    facts: new Map(
      Object.entries(facts).map(([key, value]): [string, readonly string[]] => {
        return [key.toLowerCase(), typeof value === "string" ? [value] : value];
      }),
    ),
  };
}

const ALLOW = {
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::photos/*",
};

describe("principals", () => {
  test("a star is everybody, strangers too", () => {
    expect(verdict(ALLOW)).toBe("allow");
    expect(verdict(ALLOW, { principal: STRANGER })).toBe("allow");
    expect(verdict({ ...ALLOW, Principal: { AWS: "*" } }, { principal: STRANGER })).toBe("allow");
  });

  test.each(["111111111111", "arn:aws:iam::111111111111:root"])(
    "the account %s is allowed as a whole: its own policies decide upon its users",
    (AWS) => {
      expect(verdict({ ...ALLOW, Principal: { AWS } })).toBe("delegate");
      expect(verdict({ ...ALLOW, Effect: "Deny", Principal: { AWS } })).toBe("deny");
      const other = { accountId: "222222222222", arn: "arn:aws:iam::222222222222:root" };
      expect(verdict({ ...ALLOW, Principal: { AWS } }, { principal: other })).toBe("none");
    },
  );

  test("a user is named by the whole ARN", () => {
    expect(verdict({ ...ALLOW, Principal: { AWS: [ALICE.arn] } })).toBe("allow");
    expect(verdict({ ...ALLOW, Principal: { AWS: `${ALICE.arn}2` } })).toBe("none");
  });

  test("a canonical id names an account", () => {
    expect(verdict({ ...ALLOW, Principal: { CanonicalUser: "a".repeat(64) } })).toBe("delegate");
    expect(verdict({ ...ALLOW, Principal: { CanonicalUser: "b".repeat(64) } })).toBe("none");
  });

  test("NotPrincipal denies all but those", () => {
    const { Principal: _, ...rest } = ALLOW;
    const deny = { ...rest, Effect: "Deny", NotPrincipal: { AWS: ALICE.arn } };
    expect(verdict(deny)).toBe("none");
    expect(verdict(deny, { principal: STRANGER })).toBe("deny");
  });
});

describe("actions and resources", () => {
  test.each([
    ["s3:*", "allow"],
    ["*", "allow"],
    ["S3:getobject", "allow"],
    ["s3:Get*", "allow"],
    ["s3:GetObjec?", "allow"],
    ["s3:GetObjectVersion", "none"],
    ["s3:Put*", "none"],
  ])("the action %s gives %s", (Action, effect) => {
    expect(verdict({ ...ALLOW, Action })).toBe(effect);
  });

  test("NotAction and NotResource are all the others", () => {
    const { Action: _a, Resource: _r, ...rest } = ALLOW;
    const everything = { ...rest, NotAction: "s3:Delete*", Resource: "*" };
    expect(verdict(everything)).toBe("allow");
    expect(verdict(everything, { action: "s3:DeleteObject" })).toBe("none");
    const elsewhere = { ...rest, Action: "s3:*", NotResource: "arn:aws:s3:::photos/2026/*" };
    expect(verdict(elsewhere)).toBe("none");
    expect(verdict(elsewhere, { resource: "arn:aws:s3:::photos/2025/a.jpg" })).toBe("allow");
  });

  test("a wildcard reaches over slashes; the case of resources counts", () => {
    expect(verdict({ ...ALLOW, Resource: "arn:aws:s3:::photos/*.jpg" })).toBe("allow");
    expect(verdict({ ...ALLOW, Resource: "arn:aws:s3:::photos/*.JPG" })).toBe("none");
  });

  test("variables stand for what is known of the request, as plain text", () => {
    const home = { ...ALLOW, Resource: "arn:aws:s3:::photos/${aws:username}/*" };
    const resource = "arn:aws:s3:::photos/alice/a";
    expect(verdict(home, { resource, facts: { "aws:username": "alice" } })).toBe("allow");
    expect(verdict(home, { resource, facts: { "aws:username": "*" } })).toBe("none");
    expect(verdict(home, { resource })).toBe("none");
    const fallback = { ...ALLOW, Resource: "arn:aws:s3:::photos/${aws:username, 'alice'}/*" };
    expect(verdict(fallback, { resource })).toBe("allow");
    const star = { ...ALLOW, Resource: "arn:aws:s3:::photos/${*}" };
    expect(verdict(star, { resource: "arn:aws:s3:::photos/*" })).toBe("allow");
    expect(verdict(star, { resource })).toBe("none");
  });
});

describe("several statements", () => {
  test("an explicit denial comes first, wherever it stands", () => {
    const deny = { ...ALLOW, Effect: "Deny" };
    expect(verdict([ALLOW, deny])).toBe("deny");
    expect(verdict([deny, ALLOW])).toBe("deny");
  });

  test("who is named outweighs whose account is named", () => {
    const account = { ...ALLOW, Principal: { AWS: "111111111111" } };
    expect(verdict([account, ALLOW])).toBe("allow");
    expect(verdict([ALLOW, account])).toBe("allow");
  });

  test("the verdict names the statement", () => {
    const document = { Version: "2012-10-17", Statement: [ALLOW, { ...ALLOW, Sid: "Second" }] };
    const policy = parsePolicy(JSON.stringify(document), { kind: "resource", bytesMax: 20_480 });
    expect(evaluatePolicy(policy, requestOf({})).statement).toBe("statement 1");
  });

  test("of several policies a denial of any decides", () => {
    const rules = { kind: "identity", bytesMax: 6144 } as const;
    const { Principal: _, ...allow } = ALLOW;
    const policies = [allow, { ...allow, Effect: "Deny" }].map((Statement) =>
      parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement }), rules),
    );
    expect(evaluatePolicies(policies, requestOf({})).effect).toBe("deny");
    expect(evaluatePolicies(policies.slice(0, 1), requestOf({})).effect).toBe("allow");
    expect(evaluatePolicies([], requestOf({})).effect).toBe("none");
  });
});

describe("conditions", () => {
  type Facts = NonNullable<Given["facts"]>;
  const holds = (condition: object, facts: Facts): boolean =>
    verdict({ ...ALLOW, Condition: condition }, { facts }) === "allow";

  test.each<[name: string, operator: string, wanted: unknown, given: string, expected: boolean]>([
    ["text", "StringEquals", "a", "a", true],
    ["text of another case", "StringEquals", "a", "A", false],
    ["any of several", "StringEquals", ["a", "b"], "b", true],
    ["none of several", "StringNotEquals", ["a", "b"], "b", false],
    ["without case", "StringEqualsIgnoreCase", "a", "A", true],
    ["a pattern", "StringLike", "a*c?", "abbcd", true],
    ["not a pattern", "StringNotLike", "a*", "abc", false],
    ["a wildcard that is none", "StringEquals", "a*", "abc", false],
    ["numbers", "NumericEquals", "10", "10.0", true],
    ["a number that is none", "NumericLessThan", "10", "x", false],
    ["less", "NumericLessThanEquals", 10, "10", true],
    ["more", "NumericGreaterThan", 10, "10", false],
    ["dates", "DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", true],
    ["dates in seconds", "DateGreaterThan", "0", "2026-01-01T00:00:00Z", true],
    ["truth", "Bool", "false", "false", true],
    ["truth as JSON", "Bool", true, "false", false],
    ["an address", "IpAddress", "10.0.0.0/8", "10.1.2.3", true],
    ["another address", "IpAddress", ["10.0.0.0/8", "192.0.2.1"], "192.0.2.2", false],
    ["an address of the other family", "IpAddress", "0.0.0.0/0", "2001:db8::1", false],
    ["IPv6", "IpAddress", "2001:db8::/32", "2001:db8::1", true],
    ["IPv4 as a socket writes it", "IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["no address", "NotIpAddress", "10.0.0.0/8", "10.1.2.3", false],
    ["an ARN", "ArnLike", "arn:aws:sns:*:1:topic", "arn:aws:sns:eu:1:topic", true],
    ["an ARN's parts", "ArnLike", "arn:aws:sns:*:topic", "arn:aws:sns:eu:1:topic", false],
    ["bytes", "BinaryEquals", "YQ==", "YQ==", true],
  ])("%s: %s", (_name, operator, wanted, given, expected) => {
    expect(holds({ [operator]: { "aws:Key": wanted } }, { "aws:Key": given })).toBe(expected);
  });

  test("what is missing fits no operator but the negated ones and IfExists", () => {
    expect(holds({ StringEquals: { "aws:Key": "a" } }, {})).toBe(false);
    expect(holds({ StringNotEquals: { "aws:Key": "a" } }, {})).toBe(true);
    expect(holds({ StringEqualsIfExists: { "aws:Key": "a" } }, {})).toBe(true);
    expect(holds({ StringEqualsIfExists: { "aws:Key": "a" } }, { "aws:Key": "b" })).toBe(false);
    expect(holds({ Null: { "aws:Key": "true" } }, {})).toBe(true);
    expect(holds({ Null: { "aws:Key": "false" } }, {})).toBe(false);
    expect(holds({ Null: { "aws:Key": false } }, { "aws:Key": "x" })).toBe(true);
  });

  test("quantifiers say how many of a key's values must fit", () => {
    const all = { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } };
    const any = { "ForAnyValue:StringEquals": { "aws:TagKeys": ["a", "b"] } };
    expect(holds(all, { "aws:TagKeys": ["a", "b"] })).toBe(true);
    expect(holds(all, { "aws:TagKeys": ["a", "c"] })).toBe(false);
    expect(holds(all, {})).toBe(true);
    expect(holds(any, { "aws:TagKeys": ["a", "c"] })).toBe(true);
    expect(holds(any, { "aws:TagKeys": ["c"] })).toBe(false);
    expect(holds(any, {})).toBe(false);
  });

  test("all conditions must hold", () => {
    const both = { StringEquals: { "aws:A": "1", "aws:B": "2" } };
    expect(holds(both, { "aws:A": "1", "aws:B": "2" })).toBe(true);
    expect(holds(both, { "aws:A": "1", "aws:B": "3" })).toBe(false);
  });
});
