import { expect, test } from "vitest";
import type { RequestContext } from "./context.ts";
import { readIdentityPolicies } from "./identity-policies.ts";
import { reasonAgainstUser } from "./user-access.ts";

function reason(action: string, ...statements: readonly object[]): string | undefined {
  const policies = readIdentityPolicies(
    statements.map((Statement) => JSON.stringify({ Version: "2012-10-17", Statement })),
  );
  const context = {
    caller: { isRoot: false, accountId: "1", arn: "a", userName: "ann", policies },
    raw: { headers: {}, remoteAddress: "10.0.0.1", isEncrypted: false },
    region: "us-east-1",
    nowMs: 0,
  };
  return reasonAgainstUser(context as unknown as RequestContext, action);
}

const TABLE = "arn:aws:dynamodb:us-east-1:1:table/t";

test("a user without policies may do nothing", () => {
  expect(reason("dynamodb:GetItem")).toBe(
    "no policy of the user allows dynamodb:GetItem on every resource",
  );
});

test("what is allowed everywhere is allowed, what is allowed somewhere is not", () => {
  const allow = { Effect: "Allow", Action: "dynamodb:Get*", Resource: "*" };
  expect(reason("dynamodb:GetItem", allow)).toBeUndefined();
  expect(reason("dynamodb:PutItem", allow)).toBeDefined();
  expect(reason("dynamodb:GetItem", { ...allow, Resource: TABLE })).toBeDefined();
});

test("what is denied somewhere, under any condition, is denied", () => {
  const allow = { Effect: "Allow", Action: "*", Resource: "*" };
  const Condition = { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } };
  const deny = { Sid: "No", Effect: "Deny", Action: "dynamodb:Put*", Resource: TABLE, Condition };
  expect(reason("dynamodb:PutItem", allow, deny)).toBe(
    "a policy of the user denies dynamodb:PutItem (No)",
  );
  expect(reason("dynamodb:GetItem", allow, deny)).toBeUndefined();
});

test("what does several things needs leave for each", () => {
  const allow = { Effect: "Allow", Action: "dynamodb:*", Resource: "*" };
  const deny = { Effect: "Deny", Action: "dynamodb:DeleteItem", Resource: "*" };
  expect(reason("dynamodb:TransactWriteItems", allow)).toBeUndefined();
  expect(reason("dynamodb:TransactWriteItems", allow, deny)).toContain("dynamodb:DeleteItem");
});

test("conditions of an allowance are looked at", () => {
  const Condition = { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } };
  const allow = { Effect: "Allow", Action: "*", Resource: "*", Condition };
  expect(reason("ec2:CreateVolume", allow)).toBeUndefined();
});

test("a policy that cannot be read denies everything", () => {
  const allow = { Effect: "Allow", Action: "*", Resource: "*" };
  expect(reason("ec2:CreateVolume", allow, { Effect: "Maybe" })).toContain("(unreadable)");
});
