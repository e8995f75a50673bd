import { expect, test } from "vitest";
import { callerOf } from "./caller.ts";
import type { ArchiveScope } from "./caller.ts";
import { guardVault } from "./vault-guard.ts";
import type { GuardedCall, VaultPolicies } from "./vault-guard.ts";
import { parseVaultPolicy } from "./vault-policy.ts";

const ownerId = "000000000000";
const alice = `arn:aws:iam::${ownerId}:user/alice`;
const stranger = "arn:aws:iam::111111111111:user/bob";
const now = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;
const request: GuardedCall = {
  action: "DeleteArchive",
  resource: "arn:aws:glacier:us-east-1:000000000000:vaults/v",
  ownerId,
  now,
  archiveCreatedAt: now - 10 * DAY,
};

interface Changes {
  readonly call?: Partial<GuardedCall>;
  readonly scope?: Partial<ArchiveScope>;
  readonly tags?: Record<string, string>;
  /** Text of the caller's own policy. */
  readonly own?: string;
}

function policyText(statement: object): string {
  const whole = { Effect: "Deny", Principal: "*", Action: "glacier:*", Resource: "*" };
  const Statement = [{ ...whole, ...statement }];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

/** Why the call is refused; `undefined`: it is not. */
function refusal(policies: VaultPolicies, changes: Changes = {}): string | undefined {
  const caller = callerOf({ accountId: ownerId, region: "us-east-1", ...changes.scope });
  try {
    guardVault(caller, { tags: { Hold: "yes" }, ...policies }, { ...request, ...changes.call });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether a lock of this one statement denies, taken as it would be when it is set. */
function denied(statement: object, changes: Changes = {}): boolean {
  const policy = policyText(statement);
  parseVaultPolicy(policy);
  const lock = { policy, lockId: "id", createdAt: now, locked: true };
  const told = refusal({ lock, ...(changes.tags && { tags: changes.tags }) }, changes);
  return told?.endsWith("with an explicit deny in a vault lock policy") === true;
}

test("a denial by age holds until the archive is old enough", () => {
  const statement = {
    Action: ["glacier:DeleteArchive"],
    Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } },
  };
  const aged = (days: number): Changes => ({ call: { archiveCreatedAt: now - days * DAY } });
  expect(denied(statement)).toBe(true);
  expect(denied(statement, aged(364))).toBe(true);
  expect(denied(statement, aged(365))).toBe(false);
  expect(denied(statement, { call: { action: "UploadArchive" } })).toBe(false);
});

test("an absent key fails a condition, except a negated or an IfExists one", () => {
  const none = { call: { archiveCreatedAt: undefined } };
  const on = (operator: string): object => ({
    Condition: { [operator]: { "glacier:ArchiveAgeInDays": 3 } },
  });
  expect(denied(on("NumericLessThan"), none)).toBe(false);
  expect(denied(on("NumericNotEquals"), none)).toBe(true);
  expect(denied(on("NumericLessThanIfExists"), none)).toBe(true);
});

test("a tag of the vault may hold everything", () => {
  for (const key of ["glacier:ResourceTag/Hold", "aws:ResourceTag/hold"]) {
    const statement = { Condition: { StringLike: { [key]: ["", "y*"] } } };
    expect(denied(statement)).toBe(true);
    expect(denied(statement, { tags: {} })).toBe(false);
    expect(denied(statement, { tags: { Hold: "no" } })).toBe(false);
  }
});

test("conditions see the request's address, transport and agent, and the store's time", () => {
  const facts = new Map([
    ["aws:sourceip", ["10.1.2.3"]],
    ["aws:securetransport", ["false"]],
    ["aws:useragent", ["aws-cli/2"]],
  ]);
  const over = { scope: { facts } };
  const on = (Condition: object): boolean => denied({ Condition }, over);
  expect(on({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } })).toBe(true);
  expect(on({ NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"] } })).toBe(false);
  expect(on({ Bool: { "aws:SecureTransport": "false" } })).toBe(true);
  expect(on({ Bool: { "aws:SecureTransport": true } })).toBe(false);
  expect(on({ StringLike: { "aws:UserAgent": "aws-cli/*" } })).toBe(true);
  expect(on({ DateLessThan: { "aws:CurrentTime": "2026-11-25T00:00:00Z" } })).toBe(true);
  expect(on({ NumericGreaterThan: { "aws:EpochTime": String(now / 1000) } })).toBe(false);
  expect(on({ Null: { "aws:UserName": "true" } })).toBe(true);
  expect(on({ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::000000000000:root" } })).toBe(true);
});

test("principals are everybody, an ARN, or an account for all in it", () => {
  expect(denied({ Principal: { AWS: "*" } })).toBe(true);
  expect(denied({ Principal: { AWS: "000000000000" } })).toBe(true);
  expect(denied({ Principal: { AWS: ["arn:aws:iam::000000000000:root"] } })).toBe(true);
  expect(denied({ Principal: { AWS: "arn:aws:iam::111111111111:root" } })).toBe(false);
  expect(denied({ Principal: undefined, NotPrincipal: { AWS: "111111111111" } })).toBe(true);
  const asAlice = { scope: { caller: alice } };
  expect(denied({ Principal: { AWS: alice } }, asAlice)).toBe(true);
  expect(denied({ Principal: { AWS: alice } })).toBe(false);
});

test("actions and resources match by wildcard, and Not turns them round", () => {
  expect(denied({ Action: "GLACIER:delete*" })).toBe(true);
  expect(denied({ Action: "glacier:Delete?rchive" })).toBe(true);
  expect(denied({ Action: "s3:*" })).toBe(false);
  expect(denied({ Action: undefined, NotAction: "glacier:UploadArchive" })).toBe(true);
  expect(denied({ Resource: "arn:aws:glacier:*:*:vaults/v" })).toBe(true);
  expect(denied({ Resource: "arn:aws:glacier:*:*:vaults/w" })).toBe(false);
  expect(denied({ Resource: "arn:aws:glacier:*:*:vaults/${aws:PrincipalAccount}" })).toBe(false);
});

test("a user may what its own policy or the vault's allows, unless one of them denies", () => {
  const policyOf = (statement: object): Changes => {
    const text = policyText({ Effect: "Allow", Principal: { AWS: alice }, ...statement });
    return { scope: { caller: alice, policies: [parseVaultPolicy(text)] } };
  };
  const nobodys = policyOf({ Action: "glacier:ListJobs" });
  const own = policyOf({ Action: "glacier:Delete*" });
  const denying = policyOf({ Effect: "Deny", Action: "glacier:DeleteArchive" });
  const access = { policy: policyText({ Effect: "Allow", Principal: { AWS: alice } }) };
  const account = { policy: policyText({ Effect: "Allow", Principal: { AWS: ownerId } }) };
  expect(refusal({}, nobodys)).toMatch(/because no identity-based policy allows the glacier:Del/);
  expect(refusal({}, own)).toBe(undefined);
  expect(refusal({ access }, nobodys)).toBe(undefined);
  expect(refusal({ access: account }, nobodys)).toMatch(/no identity-based policy/);
  expect(refusal({ access }, denying)).toMatch(/explicit deny in an identity-based policy/);
  const elsewhere = policyOf({ Resource: "arn:aws:glacier:us-east-1:000000000000:vaults/w" });
  expect(refusal({}, elsewhere)).toMatch(/no identity-based policy/);
});

test("another account needs the vault's consent and its own", () => {
  const asStranger: Changes = { scope: { caller: stranger } };
  const noRights: Changes = { scope: { caller: stranger, policies: [] } };
  const lets = (AWS: string): VaultPolicies => ({
    access: { policy: policyText({ Effect: "Allow", Principal: { AWS } }) },
  });
  expect(refusal({}, asStranger)).toMatch(/because no resource-based policy allows/);
  expect(refusal(lets("111111111111"), asStranger)).toBe(undefined);
  expect(refusal(lets(stranger), asStranger)).toBe(undefined);
  expect(refusal(lets("222222222222"), asStranger)).toMatch(/no resource-based policy/);
  expect(refusal(lets("111111111111"), noRights)).toMatch(/no identity-based policy/);
});

test("an allowing statement denies nothing", () => {
  expect(denied({ Effect: "Allow" })).toBe(false);
});

test("a stored policy that cannot be read lets nobody pass, but the owner's root to replace it", () => {
  const access = { policy: '{"Statement":[{"Effect":"Odd"}]}' };
  expect(refusal({ access })).toMatch(/explicit deny in a resource-based policy/);
  expect(refusal({ access }, { call: { action: "SetVaultAccessPolicy" } })).toBe(undefined);
});

test("what could not be decided is refused, never skipped", () => {
  const bad: object[] = [
    { Effect: "deny" },
    { Extra: 1 },
    { Principal: undefined },
    { NotAction: "glacier:ListJobs" },
    { Action: 7 },
    { Action: "DeleteArchive" },
    { Resource: "vaults/v" },
    { Resource: "arn:aws:glacier:*:*:vaults/${aws:Nothing}" },
    { Principal: { AWS: "arn:aws:iam::000000000000:*" } },
    { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } },
    { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/80" } } },
    { Condition: { StringEquals: { "aws:SourceIp": "10.0.0.1" } } },
    { Condition: { DateLessThan: { "aws:CurrentTime": "soon" } } },
    { Condition: { Bool: { "aws:SecureTransport": "maybe" } } },
    { Condition: { ArnLike: { "aws:PrincipalArn": "*" } } },
    { Condition: { StringLike: { "aws:UserName": "${aws:Nothing}" } } },
    { Condition: { NumericSmallerThan: { "aws:EpochTime": 1 } } },
    { Condition: { StringEquals: { "glacier:ArchiveAgeInDays": "1" } } },
    { Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "soon" } } },
  ];
  for (const statement of bad) {
    expect(() => denied(statement), JSON.stringify(statement)).toThrow(/Invalid policy/);
  }
  expect(() => parseVaultPolicy('{"Statement":[]}')).toThrow(/Invalid policy.*Statement is empty/);
});
