import type { FormFields } from "@firn/auth";
import type { ObjectStore } from "@firn/objects";
import type { Caller, RawRequest, RequestContext, RequestLog } from "../frame/context.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { RequestAccess } from "./authorization/request-access.ts";
import type { NewBuckets, S3Context } from "./context.ts";

/** What a request is served with, beside what it says itself. */
export interface S3RequestParts {
  readonly objects: ObjectStore;
  readonly access: RequestAccess;
  readonly accounts: AccountDirectory;
  readonly newBuckets: NewBuckets;
  readonly customerKeys: S3Context["customerKeys"];
}

/** A request with the object store: what handlers of S3 see. */
export class S3Request implements S3Context {
  readonly requestId: string;
  readonly raw: RawRequest;
  readonly objects: ObjectStore;
  readonly access: RequestAccess;
  readonly accounts: AccountDirectory;
  readonly newBuckets: NewBuckets;
  readonly customerKeys: S3Context["customerKeys"];
  readonly #request: RequestContext;

  constructor(request: RequestContext, parts: S3RequestParts) {
    this.#request = request;
    this.requestId = request.requestId;
    this.raw = request.raw;
    this.objects = parts.objects;
    this.access = parts.access;
    this.accounts = parts.accounts;
    this.newBuckets = parts.newBuckets;
    this.customerKeys = parts.customerKeys;
  }

  get caller(): Caller {
    return this.#request.caller;
  }

  get region(): string {
    return this.#request.region;
  }

  get nowMs(): number {
    return this.#request.nowMs;
  }

  get log(): RequestLog {
    return this.#request.log;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  noteDenial(reason: string): void {
    this.#request.noteDenial(reason);
  }

  admitForm(fields: FormFields): void {
    this.#request.admitForm(fields);
  }
}
