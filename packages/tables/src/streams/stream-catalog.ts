import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, ReadView, Store, Transaction } from "@firn/core";
import type { Scope, TableRecord } from "../catalog/table-record.ts";
import { scopeOf } from "../catalog/table-record.ts";
import type { StreamEntry, StreamViewType } from "./stream-entry.ts";

/** Which stream it is. */
export interface StreamName {
  readonly scope: Scope;
  readonly tableName: string;
  readonly label: string;
}

/** Streams by account, region, table and label; those of tables that are gone too. */
export class StreamCatalog {
  readonly space: KeySpaceId;

  private constructor(space: KeySpaceId) {
    this.space = space;
  }

  static async open(store: Store): Promise<StreamCatalog> {
    return new StreamCatalog(await store.openKeySpace("tables.streams"));
  }

  /** Makes a stream, with its first generation. Its label is that of no other of the table. */
  create(tx: Transaction, table: TableRecord, viewType: StreamViewType): StreamEntry {
    const scope = scopeOf(table);
    let label: string;
    let atMs = tx.now;
    do label = labelOf(atMs++);
    while (tx.get(this.space, keyOf({ scope, tableName: table.name, label })) !== undefined);
    const entry: StreamEntry = {
      arn: `${table.arn}/stream/${label}`,
      label,
      scope,
      tableName: table.name,
      tableId: table.id,
      key: table.key,
      viewType,
      createdMs: tx.now,
      createdLsn: tx.lsn,
      generations: [{ space: tx.createKeySpace(), startLsn: tx.lsn, startMs: tx.now }],
    };
    this.put(tx, entry);
    return entry;
  }

  /** The stream ends with this transaction; what it holds stays for the time of retention. */
  closeStream(tx: Transaction, name: StreamName): void {
    const entry = this.get(tx, name);
    if (entry !== undefined) this.put(tx, { ...entry, closed: { lsn: tx.lsn, ms: tx.now } });
  }

  get(tx: Transaction, name: StreamName): StreamEntry | undefined {
    const bytes = tx.get(this.space, keyOf(name));
    return bytes === undefined ? undefined : unpackValue<StreamEntry>(bytes);
  }

  put(tx: Transaction, entry: StreamEntry): void {
    tx.put(this.space, keyOf(entry), packValue(entry));
  }

  /** Forgets a stream; its key spaces are the caller's to drop. */
  remove(tx: Transaction, name: StreamName): void {
    tx.delete(this.space, keyOf(name));
  }

  async read(view: ReadView, name: StreamName): Promise<StreamEntry | undefined> {
    const bytes = await view.get(this.space, keyOf(name));
    return bytes === undefined ? undefined : unpackValue<StreamEntry>(bytes);
  }

  /** Of a scope, or of one of its tables, behind `after`; by table and label. */
  async *list(
    view: ReadView,
    of: { readonly scope: Scope; readonly tableName?: string | undefined },
    after?: StreamName,
  ): AsyncGenerator<StreamEntry> {
    const { accountId, region } = of.scope;
    const prefix =
      of.tableName === undefined
        ? encodeKey(accountId, region)
        : encodeKey(accountId, region, of.tableName);
    const start = after === undefined ? { gte: prefix } : { gt: keyOf(after) };
    for await (const { value } of view.range(this.space, { ...start, lt: prefixEnd(prefix) })) {
      yield unpackValue<StreamEntry>(value);
    }
  }

  /** Every stream of every scope. */
  async *all(view: ReadView): AsyncGenerator<StreamEntry> {
    for await (const { value } of view.range(this.space)) yield unpackValue<StreamEntry>(value);
  }
}

function keyOf({ scope, tableName, label }: StreamName): Uint8Array {
  return encodeKey(scope.accountId, scope.region, tableName, label);
}

function labelOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

const STREAM_ARN =
  /^arn:aws:dynamodb:([^:]+):(\d+):table\/([a-zA-Z0-9_.-]{1,255})\/stream\/([0-9T:.-]+)$/;

/** The stream that an ARN names; `undefined` for what is no ARN of a stream. */
export function parseStreamArn(arn: string): StreamName | undefined {
  const [, region, accountId, tableName, label] = STREAM_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined) return undefined;
  if (tableName === undefined || label === undefined) return undefined;
  return { scope: { accountId, region }, tableName, label };
}
