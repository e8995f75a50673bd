import { whenThere } from "@firn/core";
import type { Soon } from "@firn/core";
import type { BucketAccess, ObjectAccess, ObjectStore } from "@firn/objects";
import type { AskedOperation } from "../../frame/service.ts";
import type { RequestContext } from "../../frame/context.ts";
import { evaluatePolicies } from "@firn/auth";
import { READ_ATTEMPTS_MAX } from "../constants.ts";
import { AT_HEADER, pastRule } from "../past-reads.ts";
import { taggingHeader } from "../tag-documents.ts";
import { AccessCheck, accessDenied } from "./access-check.ts";
import type { AccessQuestion } from "./access-check.ts";
import { BYPASS_GOVERNANCE, READ_SOURCE, accessRule, headerRules } from "./access-rules.ts";
import type { AccessRule } from "./access-rules.ts";
import type { BucketPolicies } from "./bucket-policies.ts";
import { isPublicGrant } from "./grants.ts";
import { requestFacts } from "./request-facts.ts";
import type { FurtherFacts } from "./request-facts.ts";

export interface NamedKey {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** What one request asks of who may do what. */
export class RequestAccess {
  readonly #context: RequestContext;
  readonly #objects: ObjectStore;
  readonly #check: AccessCheck;
  /** The last decision that an object had a part in. */
  #decided: { readonly asked: Asked; readonly object: ObjectAccess | undefined } | undefined;

  constructor(
    context: RequestContext,
    parts: { readonly objects: ObjectStore; readonly policies: BucketPolicies },
  ) {
    this.#context = context;
    this.#objects = parts.objects;
    this.#check = new AccessCheck(context, parts.policies);
  }

  /**
   * Lets the request's own operation through, before its body is read.
   * @throws ServiceError AccessDenied, FIRN_BUCKET_NOT_FOUND.
   */
  authorize(asked: AskedOperation): Soon<void> {
    const { operation, labels } = asked;
    const bucket = labels.get("Bucket");
    const rule = accessRule(operation, { key: labels.has("Key") });
    if (rule.on === "account" || bucket === undefined) {
      this.#requireAccount(rule, bucket);
      return undefined;
    }
    return whenThere(this.bucket(bucket), (found) =>
      this.#authorizeIn(found, { asked, rule, bucket }),
    );
  }

  #authorizeIn(found: BucketAccess, { asked, rule, bucket }: AskedInBucket): Soon<void> {
    const { operation, labels, query } = asked;
    const { headers } = this.#context.raw;
    requireOwner(found, headers["x-amz-expected-bucket-owner"]);
    this.#requirePayer(found);
    const key = labels.get("Key");
    if (headers[AT_HEADER] !== undefined) {
      return this.#requirePast(pastRule(operation), { bucket, key });
    }
    if (rule.late === true) {
      if (operation !== "PostObject") this.#refuseStranger(found);
      return undefined;
    }
    const versionId = query.get("versionId");
    return whenThere(this.require({ rule, bucket, key, versionId }), () =>
      key === undefined ? undefined : this.#requireHeaders({ bucket, key, versionId }),
    );
  }

  async #requirePast(
    rule: AccessRule,
    named: { readonly bucket: string; readonly key: string | undefined },
  ): Promise<void> {
    const { owner } = await this.bucket(named.bucket);
    if (this.#context.caller.accountId !== owner) {
      this.#context.noteDenial("only the bucket's own account gets to its past");
      throw accessDenied();
    }
    await this.require({ rule, ...named });
  }

  /** Strangers take no room for a body where nothing lets any of them in. */
  #refuseStranger({ policyStamp, acl }: BucketAccess): void {
    if (this.#context.caller.isAnonymous !== true || policyStamp !== undefined) return;
    if (acl?.some(isPublicGrant) === true) return;
    this.#context.noteDenial("neither a bucket policy nor a list lets strangers in");
    throw accessDenied();
  }

  /** Where requesters pay, others than the owner must say that they will. */
  #requirePayer({ requesterPays, owner }: BucketAccess): void {
    const { caller, raw } = this.#context;
    if (requesterPays !== true || caller.accountId === owner) return;
    const says = raw.headers["x-amz-request-payer"] === "requester";
    if (says && caller.isAnonymous !== true) return;
    this.#context.noteDenial("the bucket's requesters pay, and this one did not agree to");
    throw accessDenied();
  }

  #requireHeaders(named: NamedKey): Soon<void> {
    const { headers } = this.#context.raw;
    let rules: AccessRule[] | undefined;
    for (const [header, rule] of headerRules) {
      if (headers[header] !== undefined) (rules ??= []).push(rule);
    }
    if (headers["x-amz-bypass-governance-retention"] === "true") {
      (rules ??= []).push(BYPASS_GOVERNANCE);
    }
    return rules && this.#requireAll(rules, named);
  }

  async #requireAll(rules: readonly AccessRule[], named: NamedKey): Promise<void> {
    for (const rule of rules) await this.require({ rule, ...named });
  }

  /** @throws FIRN_BUCKET_NOT_FOUND. */
  bucket(bucket: string): Soon<BucketAccess> {
    return this.#objects.getBucketAccess({ bucket });
  }

  /** @throws ServiceError AccessDenied. */
  require(asked: Asked): Soon<void> {
    return whenThere(this.bucket(asked.bucket), (found) =>
      this.#check.isOwners(asked.rule, found) ? undefined : this.#judge(asked),
    );
  }

  async #judge(asked: Asked): Promise<void> {
    await this.#check.require(await this.#question(asked));
  }

  async isAllowed(asked: Asked): Promise<boolean> {
    const reason = await this.#check.reasonAgainst(await this.#question(asked));
    if (reason !== undefined) this.#context.noteDenial(reason);
    return reason === undefined;
  }

  /** The caller may read what it copies. @throws ServiceError AccessDenied. */
  async requireSource(source: NamedKey): Promise<void> {
    const expected = this.#context.raw.headers["x-amz-source-expected-bucket-owner"];
    requireOwner(await this.bucket(source.bucket), expected);
    await this.require({ rule: READ_SOURCE, ...source });
  }

  /**
   * Reads what the request may read. An object that took another's place between the decision and
   * the read is decided upon again: its own list counts, not that of the one before.
   * @throws ServiceError AccessDenied, and what `read` throws.
   */
  readDecided<T extends ReadObject>(read: () => Promise<T>): Promise<T> {
    return this.#decided === undefined ? read() : this.#readAsDecided(read);
  }

  async #readAsDecided<T extends ReadObject>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const found = await read();
      const decided = this.#decided;
      if (decided === undefined || isSame(decided.object, found)) return found;
      try {
        await this.require(decided.asked);
      } catch (error) {
        await discard(found);
        throw error;
      }
      if (isSame(this.#decided?.object, found)) return found;
      await discard(found);
      if (attempt === READ_ATTEMPTS_MAX) throw accessDenied();
    }
  }

  async #question(asked: Asked): Promise<AccessQuestion> {
    const { rule, bucket, key, versionId, facts } = asked;
    const found = await this.bucket(bucket);
    const lookedUp =
      rule.on === "object" && key !== undefined && !this.#check.isOwners(rule, found);
    const object = lookedUp
      ? await this.#objects.findObjectAccess({ bucket, key, versionId })
      : undefined;
    if (lookedUp) this.#decided = { asked, object };
    const requestTags = found.policyStamp === undefined ? undefined : this.#requestTags();
    return {
      rule,
      bucket,
      key,
      versionId,
      found,
      object,
      lookedUp,
      facts: { requestTags, ...facts },
    };
  }

  #requestTags(): FurtherFacts["requestTags"] {
    const header = this.#context.raw.headers["x-amz-tagging"];
    return typeof header === "string" ? taggingHeader(header) : undefined;
  }

  #requireAccount({ action }: AccessRule, bucket: string | undefined): void {
    const { caller } = this.#context;
    if (caller.isRoot) return;
    const resource = `arn:aws:s3:::${bucket ?? "*"}`;
    const { effect, statement } = evaluatePolicies(caller.policies ?? [], {
      principal: {},
      action,
      resource,
      facts: requestFacts(this.#context, {}),
    });
    if (effect === "allow") return;
    const why = effect === "deny" ? `denied by ${statement}` : "no policy of the user allows";
    this.#context.noteDenial(`${why} ${action} on ${resource}`);
    throw accessDenied();
  }
}

interface ReadObject {
  readonly eTag: string;
  readonly lastModified: Date;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

function isSame(decided: ObjectAccess | undefined, { eTag, lastModified }: ReadObject): boolean {
  if (decided === undefined || decided.eTag !== eTag) return false;
  return decided.lastModified.getTime() === lastModified.getTime();
}

/** A body that nobody reads would hold its bytes for ever; only one that was begun can be ended. */
async function discard({ body }: ReadObject): Promise<void> {
  const chunks = body?.[Symbol.asyncIterator]();
  await chunks?.next();
  await chunks?.return?.();
}

interface AskedInBucket {
  readonly asked: AskedOperation;
  readonly rule: AccessRule;
  readonly bucket: string;
}

export interface Asked extends Pick<AccessQuestion, "rule" | "bucket" | "key" | "versionId"> {
  readonly facts?: FurtherFacts | undefined;
}

function requireOwner({ owner }: BucketAccess, expected: string | string[] | undefined): void {
  if (expected !== undefined && expected !== owner) throw accessDenied();
}
