import type { Transaction } from "@firn/core";
import { POLICY_BYTES_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { invalidParameters, tableError } from "../errors.ts";
import type { StreamName } from "../streams/stream-catalog.ts";
import type { PolicyRecord } from "./policy-record.ts";
import { policyResource } from "./resource-arn.ts";
import type { PolicyResource } from "./resource-arn.ts";

export interface PutResourcePolicyRequest {
  /** Of a table or a stream. */
  readonly resourceArn: string;
  /** JSON, up to 20 KB. */
  readonly policy: string;
  /** The revision that it replaces; `NO_POLICY`: there must be none. Default: any or none. */
  readonly expectedRevisionId?: string | undefined;
}

export interface DeleteResourcePolicyRequest {
  readonly resourceArn: string;
  readonly expectedRevisionId?: string | undefined;
}

const NO_POLICY = "NO_POLICY";

type Change = (present: PolicyRecord | undefined, tx: Transaction) => PolicyRecord | undefined;

/**
 * Policies of tables and streams: kept with them, and gone with them. The engine keeps texts; who
 * lets callers in evaluates them.
 */
export class PolicyEngine {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * The same text again keeps its revision.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_POLICY_NOT_FOUND when the
   * revision is not the one that was expected.
   */
  async putResourcePolicy(
    request: PutResourcePolicyRequest,
  ): Promise<{ readonly revisionId: string }> {
    const { resourceArn, policy: text, expectedRevisionId: expected } = request;
    const resource = policyResource(this.#context.scope, resourceArn);
    checkPolicyText(text);
    const put = await this.#change(resource, resourceArn, (present, tx) => {
      checkRevision(present, expected, resourceArn);
      if (present?.text === text) return present;
      return { text, revisionId: nextRevision(present, tx.now) };
    });
    return { revisionId: put?.revisionId ?? "" };
  }

  /** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_POLICY_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
  async getResourcePolicy(request: {
    readonly resourceArn: string;
  }): Promise<{ readonly policy: string; readonly revisionId: string }> {
    const { resourceArn } = request;
    const record = await this.find(resourceArn);
    if (record === undefined) throw policyNotFound(resourceArn);
    return { policy: record.text, revisionId: record.revisionId };
  }

  /**
   * Of what has none, succeeds without a revision.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_POLICY_NOT_FOUND when the
   * revision is not the one that was expected.
   */
  async deleteResourcePolicy(
    request: DeleteResourcePolicyRequest,
  ): Promise<{ readonly revisionId?: string | undefined }> {
    const { resourceArn, expectedRevisionId: expected } = request;
    const resource = policyResource(this.#context.scope, resourceArn);
    let revisionId: string | undefined;
    await this.#change(resource, resourceArn, (present) => {
      checkRevision(present, expected, resourceArn);
      revisionId = present?.revisionId;
      return undefined;
    });
    return { revisionId };
  }

  /** The policy of a table or stream, if it has one. @throws FIRN_TABLE_NOT_FOUND. */
  async find(resourceArn: string): Promise<PolicyRecord | undefined> {
    const { catalog, scope, store, streams } = this.#context;
    const { tableName, streamLabel: label } = policyResource(scope, resourceArn);
    if (label === undefined) {
      const table = await catalog.find(scope, tableName);
      if (table === undefined) throw resourceNotFound(resourceArn);
      return table.policy;
    }
    const view = store.view();
    try {
      const entry = await streams.read(view, { scope, tableName, label });
      if (entry === undefined) throw resourceNotFound(resourceArn);
      return entry.policy;
    } finally {
      view.close();
    }
  }

  async #change(
    { tableName, streamLabel: label }: PolicyResource,
    arn: string,
    change: Change,
  ): Promise<PolicyRecord | undefined> {
    const { catalog, scope } = this.#context;
    if (label !== undefined) return this.#changeStream({ scope, tableName, label }, arn, change);
    const changed = await catalog.change(scope, tableName, (present, tx) => {
      if (present === undefined) throw resourceNotFound(arn);
      return { ...present, policy: change(present.policy, tx) };
    });
    return changed?.policy;
  }

  #changeStream(name: StreamName, arn: string, change: Change): Promise<PolicyRecord | undefined> {
    const { store, streams } = this.#context;
    return store.transact((tx) => {
      const entry = streams.get(tx, name);
      if (entry === undefined) throw resourceNotFound(arn);
      const policy = change(entry.policy, tx);
      streams.put(tx, { ...entry, policy });
      return policy;
    });
  }
}

/** @throws FIRN_TABLE_REQUEST_INVALID for what is no JSON object, or too long. */
export function checkPolicyText(text: string): void {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) {
    throw invalidParameters(`Maximum policy size of ${POLICY_BYTES_MAX} bytes exceeded`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return;
  throw invalidParameters("Invalid policy document: This policy contains invalid Json");
}

/** Numbers that grow, as the service's. */
export function nextRevision(present: PolicyRecord | undefined, nowMs: number): string {
  return String(Math.max(nowMs, Number(present?.revisionId ?? 0) + 1));
}

function checkRevision(
  present: PolicyRecord | undefined,
  expected: string | undefined,
  arn: string,
): void {
  if (expected === undefined) return;
  const actual = present?.revisionId ?? NO_POLICY;
  if (actual === expected) return;
  throw tableError(
    "FIRN_TABLE_POLICY_NOT_FOUND",
    `Requested policy revision ${expected} is not the present one of ResourceArn: ${arn}`,
    { resourceArn: arn },
  );
}

function policyNotFound(arn: string): Error {
  return tableError(
    "FIRN_TABLE_POLICY_NOT_FOUND",
    `Resource-based policy not found for the provided ResourceArn: ${arn}`,
    { resourceArn: arn },
  );
}

function resourceNotFound(arn: string): Error {
  return tableError(
    "FIRN_TABLE_NOT_FOUND",
    `Requested resource not found: ResourceArn: ${arn} not found`,
    { resourceArn: arn },
  );
}
