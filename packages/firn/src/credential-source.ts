import { readIdentityPolicies } from "@firn/gateway";
import type { Caller, CredentialSource, SignerCredential } from "@firn/gateway";
import type { Credential, Identity } from "@firn/identity";

/**
 * The identities as the gateway asks for them. What it derives is kept for as long as Identity
 * keeps the credential, so a changed key is a new one here too.
 */
export function credentialSource(identity: Identity): CredentialSource {
  const known = new WeakMap<Credential, SignerCredential>();
  return (accessKeyId) => {
    const credential = identity.credentials(accessKeyId);
    if (credential === undefined) return undefined;
    let signer = known.get(credential);
    if (signer === undefined) {
      signer = { secretAccessKey: credential.secretAccessKey, caller: callerOf(credential) };
      known.set(credential, signer);
    }
    return signer;
  };
}

function callerOf({ accessKeyId, principal }: Credential): Caller {
  const { accountId, arn, canonicalId, displayName } = principal;
  const shared = { accountId, arn, accessKeyId, canonicalId, displayName };
  if (principal.type === "root") return { ...shared, isRoot: true };
  const { userName, userId, policies } = principal;
  return { ...shared, isRoot: false, userName, userId, policies: readIdentityPolicies(policies) };
}
