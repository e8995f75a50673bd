import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, ReadView, Store, Transaction } from "@firn/core";
import type { Scope } from "../catalog/table-record.ts";
import type { BackupRecord } from "./backup-record.ts";

/** Which backup it is. */
export interface BackupName {
  readonly scope: Scope;
  readonly tableName: string;
  /** Time and chance: `01489602797149-73d8d5bc`. */
  readonly id: string;
}

const BACKUP_ARN =
  /^arn:aws:dynamodb:([^:]+):(\d+):table\/([a-zA-Z0-9_.-]{1,255})\/backup\/(\d{14}-[0-9a-f]{8})$/;

/** The backup that an ARN names; `undefined` for what is no ARN of a backup. */
export function parseBackupArn(arn: string): BackupName | undefined {
  const [, region, accountId, tableName, id] = BACKUP_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined) return undefined;
  if (tableName === undefined || id === undefined) return undefined;
  return { scope: { accountId, region }, tableName, id };
}

/** Backups by account, region, table and time. */
export class BackupCatalog {
  readonly #space: KeySpaceId;

  private constructor(space: KeySpaceId) {
    this.#space = space;
  }

  static async open(store: Store): Promise<BackupCatalog> {
    return new BackupCatalog(await store.openKeySpace("tables.backups"));
  }

  get(tx: Transaction, arn: string): BackupRecord | undefined {
    const bytes = tx.get(this.#space, keyOf(arn));
    return bytes === undefined ? undefined : unpackValue<BackupRecord>(bytes);
  }

  put(tx: Transaction, record: BackupRecord): void {
    tx.put(this.#space, keyOf(record.arn), packValue(record));
  }

  /** Forgets a backup and drops its items. */
  remove(tx: Transaction, record: BackupRecord): void {
    tx.delete(this.#space, keyOf(record.arn));
    tx.dropKeySpace(record.space);
  }

  async read(view: ReadView, arn: string): Promise<BackupRecord | undefined> {
    const bytes = await view.get(this.#space, keyOf(arn));
    return bytes === undefined ? undefined : unpackValue<BackupRecord>(bytes);
  }

  /** Of a scope, or of one of its tables, behind that one; by table and age. */
  async *list(
    view: ReadView,
    of: { readonly scope: Scope; readonly tableName?: string | undefined },
    afterArn?: string,
  ): AsyncGenerator<BackupRecord> {
    const { accountId, region } = of.scope;
    const prefix =
      of.tableName === undefined
        ? encodeKey(accountId, region)
        : encodeKey(accountId, region, of.tableName);
    const start = afterArn === undefined ? { gte: prefix } : { gt: keyOf(afterArn) };
    for await (const { value } of view.range(this.#space, { ...start, lt: prefixEnd(prefix) })) {
      yield unpackValue<BackupRecord>(value);
    }
  }

  /** Every backup of every scope. */
  async *all(view: ReadView): AsyncGenerator<BackupRecord> {
    for await (const { value } of view.range(this.#space)) yield unpackValue<BackupRecord>(value);
  }
}

function keyOf(arn: string): Uint8Array {
  const { scope, tableName, id } = parseBackupArn(arn) as BackupName;
  return encodeKey(scope.accountId, scope.region, tableName, id);
}
