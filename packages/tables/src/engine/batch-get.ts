import type { TableRecord } from "../catalog/table-record.ts";
import { BATCH_GET_BYTES_MAX, BATCH_GET_KEYS_MAX } from "../constants.ts";
import { FirnError } from "@firn/core";
import { invalid } from "../errors.ts";
import type { Projection } from "../expression/projection.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { CapacityTally, readUnits } from "./capacity.ts";
import type { EngineContext } from "./engine-context.ts";
import { tableOf } from "./engine-context.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { bindOptionalProjection, project } from "./get-item.ts";
import { keyOf } from "./item-key.ts";
import { checkKeyPaths } from "./key-paths.ts";
import { readValue } from "./read.ts";
import type { BatchGetAnswer, BatchGetRequest, ItemText, KeysAndAttributes } from "./requests.ts";
import { StoredItem } from "./stored-item.ts";

interface TableReads {
  readonly name: string;
  readonly given: KeysAndAttributes;
  readonly projection: Projection | undefined;
}

interface KeyedTable extends TableReads {
  readonly table: TableRecord;
  readonly keys: readonly Uint8Array[];
}

/**
 * Reads up to 100 items of several tables. What does not fit into 16 MB, or what its table's
 * throughput does not allow, is handed back.
 * @throws FIRN_TABLE_THROUGHPUT_EXCEEDED when that is every one of them.
 */
export async function batchGet(
  context: EngineContext,
  request: BatchGetRequest,
): Promise<BatchGetAnswer> {
  const prepared = prepareTables(context, request);
  const tables: KeyedTable[] = [];
  for (const reads of prepared) tables.push(await withKeys(context, reads));
  const batch = new BatchRead(context);
  for (const reads of tables) await batch.read(reads);
  return batch.answer(request);
}

function prepareTables(context: EngineContext, request: BatchGetRequest): TableReads[] {
  const names = Object.keys(request.requestItems);
  let count = 0;
  return names.map((name) => {
    const given = request.requestItems[name] as KeysAndAttributes;
    checkExpressionParameters({ ProjectionExpression: given.projectionExpression }, given, {
      AttributesToGet: given.attributesToGet,
    });
    const projection = bindOptionalProjection(context.expressions, given);
    for (const key of given.keys) checkItem(key);
    checkNoDuplicates(given.keys);
    count += given.keys.length;
    if (count > BATCH_GET_KEYS_MAX) {
      throw invalid("Too many items requested for the BatchGetItem call");
    }
    return { name, given, projection };
  });
}

/** Canonical numbers make 1 and 1.0 the same key. */
function checkNoDuplicates(keys: readonly AttributeMap[]): void {
  const texts = keys.map((key) => JSON.stringify(Object.entries(key).sort(byName)));
  if (new Set(texts).size !== texts.length) {
    throw invalid("Provided list of item keys contains duplicates");
  }
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}

async function withKeys(context: EngineContext, reads: TableReads): Promise<KeyedTable> {
  const table = await tableOf(context, reads.name);
  if (reads.projection !== undefined) checkKeyPaths(table, reads.projection.paths);
  return { ...reads, table, keys: reads.given.keys.map((key) => keyOf(table, key)) };
}

class BatchRead {
  readonly #context: EngineContext;
  readonly #responses = new Map<string, ItemText[]>();
  readonly #unprocessed = new Map<string, KeysAndAttributes>();
  readonly #tallies: CapacityTally[] = [];
  #bytes = 0;
  #read = 0;
  #refused: FirnError | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async read(reads: KeyedTable): Promise<void> {
    const items: ItemText[] = [];
    const left: AttributeMap[] = [];
    const tally = new CapacityTally(reads.table);
    const values = await this.#fetch(reads);
    for (const [i, key] of reads.given.keys.entries()) {
      const item = this.#take(reads, i, { value: values[i], tally });
      if (item === "later") left.push(key);
      else if (item !== undefined) items.push(item);
    }
    this.#responses.set(reads.name, items);
    this.#tallies.push(tally);
    if (left.length > 0) this.#unprocessed.set(reads.name, { ...reads.given, keys: left });
  }

  #fetch(reads: KeyedTable): Promise<(Uint8Array | undefined)[]> {
    return Promise.all(reads.keys.map((key) => readValue(this.#context, reads.table, key)));
  }

  #take(
    { table, given, projection, keys }: KeyedTable,
    at: number,
    { value, tally }: { readonly value: Uint8Array | undefined; readonly tally: CapacityTally },
  ): ItemText | undefined | "later" {
    const stored = value === undefined ? undefined : StoredItem.decode(value);
    if (this.#bytes + (stored?.bytes ?? 0) > BATCH_GET_BYTES_MAX) return "later";
    const consistent = given.consistentRead === true;
    const units = readUnits(stored?.bytes ?? 0, consistent);
    try {
      this.#context.throttle.admit("read", units, { table, key: keys[at] });
    } catch (error) {
      if (!(error instanceof FirnError)) throw error;
      this.#refused = error;
      return "later";
    }
    this.#read++;
    this.#bytes += stored?.bytes ?? 0;
    tally.add(units);
    return stored === undefined ? undefined : project(projection, stored);
  }

  answer(request: BatchGetRequest): BatchGetAnswer {
    if (this.#read === 0 && this.#refused !== undefined) throw this.#refused;
    const consumed = this.#tallies.flatMap(
      (tally) => tally.report(request.returnConsumedCapacity) ?? [],
    );
    return {
      responses: this.#responses,
      unprocessedKeys: this.#unprocessed,
      consumedCapacity: consumed.length === 0 ? undefined : consumed,
    };
  }
}
