import { PolicyError, parsePolicy } from "@firn/auth";
import type { Policy } from "@firn/auth";

/** More than IAM takes of any document; whoever stores them has limits of its own. */
const DOCUMENT_BYTES_MAX: number = 64 * 1024;
const RULES = { kind: "identity", bytesMax: DOCUMENT_BYTES_MAX } as const;

/** Refuses what cannot be a policy of a user. @throws PolicyError that says why. */
export function checkIdentityPolicy(policyDocument: string): void {
  parsePolicy(policyDocument, RULES);
}

/** The policies of a user, ready for use. One that cannot be read denies everything. */
export function readIdentityPolicies(documents: readonly string[]): Policy[] {
  return documents.map((text) => {
    try {
      return parsePolicy(text, RULES);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return parsePolicy(DENY_ALL, RULES);
    }
  });
}

const DENY_ALL: string = JSON.stringify({
  Statement: { Sid: "unreadable", Effect: "Deny", Action: "*", Resource: "*" },
});
