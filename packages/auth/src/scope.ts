import { AuthError } from "./auth-error.ts";
import type { AuthProblem } from "./auth-problem.ts";
import { splitCredential } from "./presented-signature.ts";
import type { PresentedSignature } from "./presented-signature.ts";
import type { CredentialScope, VerifyOptions } from "./request.ts";

/** Reads a credential. @throws FIRN_AUTH_HEADER_SCOPE, FIRN_AUTH_QUERY_SCOPE. */
export function readScope(presented: PresentedSignature): CredentialScope {
  const split = splitCredential(presented.credential);
  if (split === undefined) {
    throw scopeError(presented, "credentialMalformed", { given: presented.credential });
  }
  const { scope, terminator } = split;
  if (terminator !== "aws4_request")
    throw scopeError(presented, "terminator", { given: terminator });
  if (!/^\d{8}$/.test(scope.date))
    throw scopeError(presented, "credentialDate", { given: scope.date });
  return scope;
}

/** The scope must name the request's day, and this service and region. @throws like readScope. */
export function requireScope(
  scope: CredentialScope,
  presented: PresentedSignature,
  options: VerifyOptions,
): void {
  if (!presented.timestamp.startsWith(scope.date)) {
    const expected = presented.timestamp.slice(0, 8);
    throw scopeError(presented, "dateDiffers", { given: scope.date, expected });
  }
  if (scope.service !== options.service) {
    throw scopeError(presented, "service", { given: scope.service, expected: options.service });
  }
  if (options.region !== undefined && scope.region !== options.region) {
    throw scopeError(presented, "region", { given: scope.region, expected: options.region });
  }
}

function scopeError(
  presented: PresentedSignature,
  problem: AuthProblem,
  facts: { readonly given: string; readonly expected?: string },
): AuthError {
  const code = presented.form === "header" ? "FIRN_AUTH_HEADER_SCOPE" : "FIRN_AUTH_QUERY_SCOPE";
  return new AuthError(code, `the credential's ${problem} is wrong`, {
    problem,
    ...facts,
    timestamp: presented.timestamp,
    expectedRegion: problem === "region" ? facts.expected : undefined,
  });
}
