import { evaluatePolicies, evaluatePolicy, isPublicPolicy } from "@firn/auth";
import type { PolicyRequest, Verdict } from "@firn/auth";
import type { BucketAccess, ObjectAccess } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { RequestContext } from "../../frame/context.ts";
import { LIST_KEYS } from "./access-rules.ts";
import type { AccessRule } from "./access-rules.ts";
import type { BucketPolicies, StoredPolicy } from "./bucket-policies.ts";
import { isGranted } from "./grants.ts";
import { requestFacts } from "./request-facts.ts";
import type { FurtherFacts } from "./request-facts.ts";

/** What is asked, with all that is known of where it is done. */
export interface AccessQuestion {
  readonly rule: AccessRule;
  readonly bucket: string;
  readonly key?: string | undefined;
  readonly versionId?: string | undefined;
  readonly found: BucketAccess;
  /** The version that is named; `undefined` when there is none, or it was not looked up. */
  readonly object?: ObjectAccess | undefined;
  readonly lookedUp: boolean;
  readonly facts?: FurtherFacts | undefined;
}

/** The owner's root gets at the policy whatever the policy says, or nobody could mend it. */
const OF_THE_POLICY: ReadonlySet<string> = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

/**
 * Decides one question: an explicit denial of any policy first; then the account that owns what is
 * asked for is let in (its users as far as their own policies go), others when the bucket's policy
 * or a list lets them, and their own account too.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export class AccessCheck {
  readonly #context: RequestContext;
  readonly #policies: BucketPolicies;

  constructor(context: RequestContext, policies: BucketPolicies) {
    this.#context = context;
    this.#policies = policies;
  }

  /** @throws ServiceError AccessDenied; the log has the reason. */
  async require(question: AccessQuestion): Promise<void> {
    const reason = await this.reasonAgainst(question);
    if (reason === undefined) return;
    this.#context.noteDenial(reason);
    throw accessDenied();
  }

  /** Nothing has to be looked up: all of the bucket is its owner's, whose root asks. */
  isOwners({ on }: AccessRule, found: BucketAccess): boolean {
    const { isRoot, accountId } = this.#context.caller;
    if (!isRoot || accountId !== found.owner || found.policyStamp !== undefined) return false;
    return on !== "object" || found.objectOwnership === "BucketOwnerEnforced";
  }

  /** `undefined`: go ahead. */
  async reasonAgainst(question: AccessQuestion): Promise<string | undefined> {
    const { bucket, found } = question;
    const stored = await this.#policies.find(bucket, found);
    if (stored === undefined && this.#isOwnRoot(question)) return undefined;
    const refusal = this.#refusal(question, stored);
    if (refusal?.explicit === true || !isAbsent(question)) return refusal?.reason;
    // What is not there is told to whom may list the bucket; others learn nothing.
    const { key: prefix, facts } = question;
    const listing = { ...question, rule: LIST_KEYS, key: undefined, facts: { ...facts, prefix } };
    return this.#refusal(listing, stored)?.reason;
  }

  #isOwnRoot(question: AccessQuestion): boolean {
    const { isRoot, accountId } = this.#context.caller;
    return isRoot && accountId === ownerIn(question);
  }

  #refusal(question: AccessQuestion, stored: StoredPolicy | undefined): Refusal | undefined {
    const { caller } = this.#context;
    const asked = this.#policyRequest(question);
    const byBucket: Verdict = stored ? evaluatePolicy(stored.policy, asked) : NOTHING;
    const byIdentity: Verdict = caller.isRoot
      ? { effect: "allow" }
      : evaluatePolicies(caller.policies ?? [], asked);
    const denial = byBucket.effect === "deny" && !this.#isAbovePolicy(question, stored);
    if (denial) return refused("the bucket policy denies", asked, byBucket);
    if (byIdentity.effect === "deny")
      return refused("a policy of the user denies", asked, byIdentity);
    const ownAccount = caller.accountId === ownerIn(question) && caller.isAnonymous !== true;
    if (ownAccount) {
      if (byIdentity.effect === "allow" || byBucket.effect === "allow") return undefined;
      return refused("no policy of the user allows", asked);
    }
    const allowed = this.#allowsOthers(question, stored, byBucket) || this.#listAllows(question);
    if (!allowed) return refused("neither the bucket policy nor a list allows", asked);
    if (caller.isAnonymous === true || byIdentity.effect === "allow") return undefined;
    return refused("no policy of the user allows", asked);
  }

  #isAbovePolicy({ rule, found }: AccessQuestion, stored: StoredPolicy | undefined): boolean {
    const { caller } = this.#context;
    if (!caller.isRoot || caller.accountId !== found.owner) return false;
    return OF_THE_POLICY.has(rule.action) && stored?.confirmed !== true;
  }

  /** A bucket's policy speaks of what its owner owns: others' objects it can only deny. */
  #allowsOthers(
    question: AccessQuestion,
    stored: StoredPolicy | undefined,
    { effect }: Verdict,
  ): boolean {
    const { found } = question;
    if (effect !== "allow" && effect !== "delegate") return false;
    if (ownerIn(question) !== found.owner || stored === undefined) return false;
    const restricted = found.publicAccessBlock?.restrictPublicBuckets === true;
    const isInside = this.#context.caller.accountId === found.owner;
    return isInside || !restricted || !isPublicPolicy(stored.policy);
  }

  #listAllows(question: AccessQuestion): boolean {
    const { rule, found, object } = question;
    if (rule.grant === undefined || found.objectOwnership === "BucketOwnerEnforced") return false;
    const ignorePublic = found.publicAccessBlock?.ignorePublicAcls === true;
    if (rule.on === "object" && object === undefined) return false;
    const acl = rule.on === "object" ? object?.acl : found.acl;
    return isGranted({ acl, ignorePublic }, this.#context.caller, rule.grant);
  }

  #policyRequest({
    rule,
    bucket,
    key,
    versionId,
    found,
    object,
    facts,
  }: AccessQuestion): PolicyRequest {
    const { caller } = this.#context;
    const versioned = versionId === undefined ? undefined : rule.versionAction;
    return {
      principal:
        caller.isAnonymous === true
          ? {}
          : { accountId: caller.accountId, arn: caller.arn, canonicalId: caller.canonicalId },
      action: versioned ?? rule.action,
      resource: key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`,
      facts: requestFacts(this.#context, {
        existingTags: object?.tags,
        versionId,
        resourceAccount: found.owner,
        ...facts,
      }),
    };
  }
}

const NOTHING: Verdict = { effect: "none" };

/** The account whose it is: of a version its own, where versions can be others'. */
function ownerIn({ rule, found, object }: AccessQuestion): string {
  const isTheirs = rule.on === "object" && found.objectOwnership !== "BucketOwnerEnforced";
  return isTheirs ? (object?.owner ?? found.owner) : found.owner;
}

interface Refusal {
  readonly reason: string;
  /** A policy says no; otherwise nobody says yes. */
  readonly explicit: boolean;
}

function refused(why: string, { action, resource }: PolicyRequest, by?: Verdict): Refusal {
  const statement = by?.statement === undefined ? "" : ` (${by.statement})`;
  return { reason: `${why} ${action} on ${resource}${statement}`, explicit: by !== undefined };
}

function isAbsent({ rule, key, object, lookedUp }: AccessQuestion): boolean {
  return rule.on === "object" && key !== undefined && lookedUp && object === undefined;
}

export function accessDenied(): ServiceError {
  return new ServiceError("AccessDenied", 403, "Access Denied");
}
