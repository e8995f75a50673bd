import { createGunzip } from "node:zlib";
import { pipeline, Readable } from "node:stream";
import type { TableRecord } from "../catalog/table-record.ts";
import { COPY_ENTRIES, IMPORT_LINE_BYTES_MAX, ITEM_BYTES_MAX, NESTING_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { readsOf } from "../engine/engine-context.ts";
import { ItemImage } from "../engine/item-image.ts";
import { keyOfItem } from "../engine/item-key.ts";
import { applyMutation } from "../engine/mutation.ts";
import type { Mutation } from "../engine/mutation.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import type { ImportRecord } from "./transfer-records.ts";
import type { ObjectSource } from "./table-objects.ts";

/** What an import read and wrote. */
export interface ImportedItems {
  processedBytes: number;
  processedItems: number;
  importedItems: number;
  errors: number;
}

/**
 * Reads every object below the prefix, a line for each item. A line that is no item of the table is
 * counted and passed over, as the service does. What is imported twice is there once.
 */
export async function importItems(
  context: EngineContext,
  source: ObjectSource,
  job: {
    readonly table: TableRecord;
    readonly record: ImportRecord;
    readonly signal: AbortSignal;
  },
): Promise<ImportedItems> {
  const { table, record, signal } = job;
  const { bucket, prefix, compression } = record;
  const { accountId } = record.scope;
  const counts = { processedBytes: 0, processedItems: 0, importedItems: 0, errors: 0 };
  for await (const { key, size } of source.listObjects({ accountId, bucket, prefix })) {
    const bytes = source.getObject({ accountId, bucket, key });
    const content = compression === "GZIP" ? unzipped(bytes) : bytes;
    let batch: Mutation[] = [];
    for await (const line of linesOf(content)) {
      signal.throwIfAborted();
      counts.processedItems++;
      const mutation = line === undefined ? undefined : mutationOf(table, line);
      if (mutation === undefined) counts.errors++;
      else batch.push(mutation);
      if (batch.length < COPY_ENTRIES) continue;
      await write(context, batch);
      counts.importedItems += batch.length;
      batch = [];
    }
    if (batch.length > 0) await write(context, batch);
    counts.importedItems += batch.length;
    counts.processedBytes += size;
  }
  return counts;
}

function unzipped(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const unzip = createGunzip();
  // What fails is thrown to the reader.
  pipeline(Readable.from(bytes), unzip, () => undefined);
  return unzip;
}

/** Lines without their ends, no empty ones; `undefined` for one longer than any item. */
export async function* linesOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | undefined> {
  let held: Buffer[] = [];
  let bytes = 0;
  const line = (): string | undefined =>
    bytes > IMPORT_LINE_BYTES_MAX ? undefined : Buffer.concat(held).toString("utf8").trim();
  for await (const piece of content) {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const tail = rest.subarray(0, end);
      bytes += tail.length;
      if (bytes <= IMPORT_LINE_BYTES_MAX) held.push(tail);
      if (bytes > 0) yield line();
      held = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    bytes += rest.length;
    // What is too long already is not kept.
    if (bytes > IMPORT_LINE_BYTES_MAX) held = [];
    else if (rest.length > 0) held.push(Buffer.from(rest));
  }
  if (bytes > 0) yield line();
}

/** The put of a line's item; `undefined` when it is not one of this table. */
function mutationOf(table: TableRecord, line: string): Mutation | undefined {
  try {
    const item = itemOf(JSON.parse(line));
    if (item === undefined) return undefined;
    const bytes = checkItem(item);
    if (bytes > ITEM_BYTES_MAX) return undefined;
    const key = keyOfItem(table, item);
    const image = ItemImage.of(item, bytes);
    return {
      table,
      key,
      needsBefore: true,
      unitsMin: 0,
      showsFailed: false,
      after: () => image,
    };
  } catch {
    return undefined;
  }
}

function itemOf(value: unknown): AttributeMap | undefined {
  const item = isMap(value) ? value["Item"] : undefined;
  return isAttributeMap(item, 0) ? (item as AttributeMap) : undefined;
}

const STRINGS: readonly string[] = ["S", "N", "B"];
const SETS: readonly string[] = ["SS", "NS", "BS"];

/** The structure alone: what the values mean, the engine checks. */
function isAttributeMap(value: unknown, depth: number): boolean {
  if (!isMap(value) || depth > NESTING_MAX) return false;
  return Object.values(value).every((each) => isAttributeValue(each, depth));
}

function isAttributeValue(value: unknown, depth: number): boolean {
  if (!isMap(value)) return false;
  const [type = "", ...more] = Object.keys(value);
  const content = value[type];
  if (more.length > 0) return false;
  if (STRINGS.includes(type)) return typeof content === "string";
  if (type === "BOOL" || type === "NULL") return typeof content === "boolean";
  if (type === "M") return isAttributeMap(content, depth + 1);
  if (!Array.isArray(content)) return false;
  if (SETS.includes(type)) return content.every((each) => typeof each === "string");
  return type === "L" && depth <= NESTING_MAX
    ? content.every((each) => isAttributeValue(each, depth + 1))
    : false;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function write(context: EngineContext, mutations: readonly Mutation[]): Promise<void> {
  await context.store.transact(
    (tx) => {
      mutations.forEach((mutation, ordinal) =>
        applyMutation(tx, mutation, { exact: false, ordinal }),
      );
    },
    { reads: readsOf(mutations, false) },
  );
}
