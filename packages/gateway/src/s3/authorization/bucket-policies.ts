import { PolicyError, parsePolicy } from "@firn/auth";
import type { Policy } from "@firn/auth";
import { FirnError } from "@firn/core";
import type { BucketAccess, ObjectStore } from "@firn/objects";
import { POLICIES_KEPT_MAX } from "../constants.ts";

export interface StoredPolicy {
  readonly policy: Policy;
  /** It binds the owner's root too. */
  readonly confirmed: boolean;
}

/** Policies of buckets, parsed once and kept until they change. */
export class BucketPolicies {
  readonly #objects: ObjectStore;
  readonly #known = new Map<string, StoredPolicy>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** `undefined`: the bucket has none. */
  async find(bucket: string, { policyStamp }: BucketAccess): Promise<StoredPolicy | undefined> {
    if (policyStamp === undefined) return undefined;
    const known = this.#known.get(policyStamp);
    if (known !== undefined) return known;
    const stored = await this.#read(bucket);
    if (stored !== undefined) this.#remember(policyStamp, stored);
    return stored;
  }

  async #read(bucket: string): Promise<StoredPolicy | undefined> {
    try {
      const { policy, confirmed } = await this.#objects.getBucketPolicy({ bucket });
      return { policy: parseStored(policy), confirmed };
    } catch (error) {
      // Deleted since the bucket was looked at.
      if (error instanceof FirnError && error.code === "FIRN_BUCKET_POLICY_NOT_FOUND") {
        return undefined;
      }
      throw error;
    }
  }

  #remember(stamp: string, stored: StoredPolicy): void {
    this.#known.set(stamp, stored);
    if (this.#known.size <= POLICIES_KEPT_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

/** What was put past the checks (in the process itself) and cannot be read denies everything. */
function parseStored(text: string): Policy {
  try {
    return parsePolicy(text, { kind: "resource", bytesMax: Infinity });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return parsePolicy(DENY_ALL, { kind: "resource", bytesMax: Infinity });
  }
}

const DENY_ALL: string = JSON.stringify({
  Statement: { Sid: "unreadable", Effect: "Deny", Principal: "*", Action: "*", Resource: "*" },
});
