import { createHash } from "node:crypto";
import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, RangePage, Store, Transaction } from "@firn/core";
import type { Scope } from "../catalog/table-record.ts";
import { TRANSACTION_TOKEN_MS } from "../constants.ts";
import { tableError } from "../errors.ts";

/*
 * Tokens of finished transactions, committed with them, so that a retry after a restart is known
 * too. Two entries each:
 *
 *   "token", account, region, token  ->  hash of the request, time of expiry
 *   "until", time of expiry, …       ->  the key of the other
 *
 * Each new token takes a few expired ones with it, so their number stays bounded by the rate.
 */

interface KnownToken {
  readonly hash: string;
  readonly expiresMs: number;
}

/** Expired tokens removed with each new one: more than one, so that old ones run out. */
const SWEEP = 3;

/** What a transaction must look at before it does anything. */
export interface TokenCheck {
  readonly reads: readonly (readonly [KeySpaceId, Uint8Array])[];
  readonly ranges: readonly (readonly [KeySpaceId, RangePage])[];
  /** Whether the request has been carried out already. @throws FIRN_TABLE_TOKEN_MISMATCH. */
  seen(tx: Transaction): boolean;
  /** Remembers it. */
  remember(tx: Transaction): void;
}

export class TransactionTokens {
  readonly #space: KeySpaceId;

  private constructor(space: KeySpaceId) {
    this.#space = space;
  }

  static async open(store: Store): Promise<TransactionTokens> {
    return new TransactionTokens(await store.openKeySpace("tables.tokens"));
  }

  /** `request` is what must be the same when the token is used again. */
  check(scope: Scope, token: string, request: unknown): TokenCheck {
    const space = this.#space;
    const key = encodeKey("token", scope.accountId, scope.region, token);
    const hash = createHash("sha256").update(canonicalJson(request)).digest("base64");
    const prefix = encodeKey("until");
    const oldest: RangePage = { gte: prefix, lt: prefixEnd(prefix), limit: SWEEP };
    return {
      reads: [[space, key]],
      ranges: [[space, oldest]],
      seen(tx) {
        const bytes = tx.get(space, key);
        if (bytes === undefined) return false;
        const known = unpackValue<KnownToken>(bytes);
        if (known.expiresMs <= tx.now) return false;
        if (known.hash === hash) return true;
        throw tableError(
          "FIRN_TABLE_TOKEN_MISMATCH",
          "An error occurred (IdempotentParameterMismatchException): The request uses the same " +
            "client token as a previous, but non-identical request.",
        );
      },
      remember(tx) {
        for (const entry of tx.range(space, oldest)) sweep(tx, space, entry);
        // Used before and expired: its old time must not take the new entry with it.
        const before = tx.get(space, key);
        if (before !== undefined) {
          const { expiresMs } = unpackValue<KnownToken>(before);
          tx.delete(space, encodeKey("until", expiresMs, key));
        }
        const expiresMs = tx.now + TRANSACTION_TOKEN_MS;
        tx.put(space, key, packValue({ hash, expiresMs } satisfies KnownToken));
        tx.put(space, encodeKey("until", expiresMs, key), key);
      },
    };
  }
}

function sweep(
  tx: Transaction,
  space: KeySpaceId,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
): void {
  // "until" and its terminator, then eight bytes of time.
  const expiresMs = Number(Buffer.from(entry.key).readBigUInt64BE(encodeKey("until").length));
  if (expiresMs > tx.now) return;
  tx.delete(space, entry.key);
  tx.delete(space, entry.value);
}

/** JSON with sorted members: clients keep attributes in maps, whose order may differ on a retry. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    const names = Object.keys(member).sort();
    return names.map((name) => [name, (member as Readonly<Record<string, unknown>>)[name]]);
  });
}
