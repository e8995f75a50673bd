import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, ReadView, Store, Transaction } from "@firn/core";
import type { Scope } from "../catalog/table-record.ts";
import type { ExportRecord, ImportRecord } from "./transfer-records.ts";

type Kind = "export" | "import";
type RecordOf<K extends Kind> = K extends "export" ? ExportRecord : ImportRecord;

const TRANSFER_ARN =
  /^arn:aws:dynamodb:([^:]+):(\d+):table\/([a-zA-Z0-9_.-]{1,255})\/(export|import)\/(\d{14}-[0-9a-f]{8})$/;

interface TransferName {
  readonly kind: Kind;
  readonly scope: Scope;
  readonly tableName: string;
  readonly id: string;
}

/** The export or import that an ARN names; `undefined` for what is no such ARN. */
export function parseTransferArn(arn: string): TransferName | undefined {
  const [, region, accountId, tableName, kind, id] = TRANSFER_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined || id === undefined) return undefined;
  if (tableName === undefined || kind === undefined) return undefined;
  return { kind: kind as Kind, scope: { accountId, region }, tableName, id };
}

/** Exports and imports, finished ones too: by account, region, table and time. */
export class TransferCatalog {
  readonly #space: KeySpaceId;

  private constructor(space: KeySpaceId) {
    this.#space = space;
  }

  static async open(store: Store): Promise<TransferCatalog> {
    return new TransferCatalog(await store.openKeySpace("tables.transfers"));
  }

  put(tx: Transaction, record: ExportRecord | ImportRecord): void {
    tx.put(this.#space, keyOf(record.arn), packValue(record));
  }

  async read<K extends Kind>(view: ReadView, arn: string): Promise<RecordOf<K> | undefined> {
    const bytes = await view.get(this.#space, keyOf(arn));
    return bytes === undefined ? undefined : unpackValue<RecordOf<K>>(bytes);
  }

  /** Of a scope, or of one of its tables, behind that one. */
  async *list<K extends Kind>(
    view: ReadView,
    of: { readonly kind: K; readonly scope: Scope; readonly tableName?: string | undefined },
    afterArn?: string,
  ): AsyncGenerator<RecordOf<K>> {
    const { kind, tableName } = of;
    const { accountId, region } = of.scope;
    const parts = tableName === undefined ? [] : [tableName];
    const prefix = encodeKey(kind, accountId, region, ...parts);
    const start = afterArn === undefined ? { gte: prefix } : { gt: keyOf(afterArn) };
    for await (const { value } of view.range(this.#space, { ...start, lt: prefixEnd(prefix) })) {
      yield unpackValue<RecordOf<K>>(value);
    }
  }

  /** Every one of every scope. */
  async *all(view: ReadView): AsyncGenerator<ExportRecord | ImportRecord> {
    for await (const { value } of view.range(this.#space)) yield unpackValue(value);
  }
}

function keyOf(arn: string): Uint8Array {
  const { kind, scope, tableName, id } = parseTransferArn(arn) as TransferName;
  return encodeKey(kind, scope.accountId, scope.region, tableName, id);
}
