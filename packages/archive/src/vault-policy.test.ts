import { expect, test } from "vitest";
import { denies, parseVaultPolicy } from "./vault-policy.ts";
import type { VaultRequest } from "./vault-policy.ts";

const request: VaultRequest = {
  action: "glacier:DeleteArchive",
  caller: "arn:aws:iam::000000000000:root",
  resource: "arn:aws:glacier:us-east-1:000000000000:vaults/v",
  archiveAgeInDays: 10,
  tags: { Hold: "yes" },
};

function denied(statement: object, changes?: Partial<VaultRequest>): boolean {
  const whole = {
    Effect: "Deny",
    Principal: "*",
    Action: "glacier:*",
    Resource: "*",
    ...statement,
  };
  const policy = parseVaultPolicy(JSON.stringify({ Version: "2012-10-17", Statement: [whole] }));
  return denies(policy, { ...request, ...changes });
}

test("a denial by age holds until the archive is old enough", () => {
  const statement = {
    Action: ["glacier:DeleteArchive"],
    Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } },
  };
  expect(denied(statement)).toBe(true);
  expect(denied(statement, { archiveAgeInDays: 364 })).toBe(true);
  expect(denied(statement, { archiveAgeInDays: 365 })).toBe(false);
  expect(denied(statement, { action: "glacier:UploadArchive" })).toBe(false);
});

test("an absent key fails a condition, except a negated or an IfExists one", () => {
  const none = { archiveAgeInDays: undefined };
  const on = (operator: string): object => ({
    Condition: { [operator]: { "glacier:ArchiveAgeInDays": 3 } },
  });
  expect(denied(on("NumericLessThan"), none)).toBe(false);
  expect(denied(on("NumericNotEquals"), none)).toBe(true);
  expect(denied(on("NumericLessThanIfExists"), none)).toBe(true);
});

test("a tag of the vault may hold everything", () => {
  const statement = { Condition: { StringLike: { "glacier:ResourceTag/Hold": ["", "y*"] } } };
  expect(denied(statement)).toBe(true);
  expect(denied(statement, { tags: {} })).toBe(false);
  expect(denied(statement, { tags: { Hold: "no" } })).toBe(false);
});

test("principals are everybody, an ARN, or an account for all in it", () => {
  expect(denied({ Principal: { AWS: "*" } })).toBe(true);
  expect(denied({ Principal: { AWS: "000000000000" } })).toBe(true);
  expect(denied({ Principal: { AWS: ["arn:aws:iam::000000000000:root"] } })).toBe(true);
  expect(denied({ Principal: { AWS: "arn:aws:iam::111111111111:root" } })).toBe(false);
  expect(denied({ Principal: undefined, NotPrincipal: { AWS: "111111111111" } })).toBe(true);
});

test("actions and resources match by wildcard, and Not turns them round", () => {
  expect(denied({ Action: "GLACIER:delete*" })).toBe(true);
  expect(denied({ Action: "glacier:Delete?rchive" })).toBe(true);
  expect(denied({ Action: "s3:*" })).toBe(false);
  expect(denied({ Action: undefined, NotAction: "glacier:UploadArchive" })).toBe(true);
  expect(denied({ Resource: "arn:aws:glacier:*:*:vaults/v" })).toBe(true);
  expect(denied({ Resource: "arn:aws:glacier:*:*:vaults/w" })).toBe(false);
});

test("an allowing statement denies nothing", () => {
  expect(denied({ Effect: "Allow" })).toBe(false);
});

test("what is not understood is refused, never skipped", () => {
  const bad: object[] = [
    { Effect: "deny" },
    { Extra: 1 },
    { Principal: undefined },
    { NotAction: "x" },
    { Principal: { Service: "x" } },
    { Action: 7 },
    { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } },
    { Condition: { NumericLessThan: { "aws:EpochTime": 1 } } },
    { Condition: { StringEquals: { "glacier:ArchiveAgeInDays": "1" } } },
    { Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "soon" } } },
  ];
  for (const statement of bad) {
    expect(() => denied(statement), JSON.stringify(statement)).toThrow(/Invalid policy/);
  }
  expect(() => parseVaultPolicy('{"Statement":[]}')).toThrow(/no Statement/);
});
