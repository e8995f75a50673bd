import type { WriteRequest } from "@firn/tables";
import { document, list, map, requiredDocument, ServiceError, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { capacitiesOf, metricsOf, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { returnConsumedCapacity, returnItemCollectionMetrics } from "../shapes.ts";

const REQUESTS_MAX = 25;

interface Write {
  readonly PutRequest?: { readonly Item: unknown } | undefined;
  readonly DeleteRequest?: { readonly Key: unknown } | undefined;
}

const write: Shape<Write> = structure({
  DeleteRequest: structure({ Key: requiredDocument() }),
  PutRequest: structure({ Item: requiredDocument() }),
});

type Requested = Readonly<Record<string, readonly Write[]>>;

export const batchWriteItem: DynamoDbOperation = operation({
  name: "BatchWriteItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    ReturnItemCollectionMetrics: returnItemCollectionMetrics,
    RequestItems: map(list(write), { required: true }),
  },
  output: {
    UnprocessedItems: document(),
    ItemCollectionMetrics: document(),
    ConsumedCapacity: document(),
  },
  errors: readErrors,
  async handler(input, { tables }) {
    checkCounts(input.RequestItems);
    const answer = await tables.batchWriteItem({
      requestItems: writesOf(input.RequestItems),
      returnConsumedCapacity: input.ReturnConsumedCapacity,
      returnItemCollectionMetrics: input.ReturnItemCollectionMetrics,
    });
    const metrics = answer.itemCollectionMetrics;
    return readyAnswer({
      UnprocessedItems: Object.fromEntries(
        [...answer.unprocessedItems].map(([name, writes]) => [name, writes.map(unprocessed)]),
      ),
      ItemCollectionMetrics:
        metrics === undefined
          ? undefined
          : Object.fromEntries([...metrics].map(([name, all]) => [name, all.map(metricsOf)])),
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
    });
  },
});

function checkCounts(requested: Requested): void {
  const lists = Object.values(requested);
  if (lists.length === 0) {
    throw refused("The requestItems parameter is required for BatchWriteItem");
  }
  if (lists.every(({ length }) => length >= 1 && length <= REQUESTS_MAX)) return;
  const shown = Object.entries(requested).map(
    ([name, writes]) => `${name}=[${writes.map(() => "WriteRequest").join(", ")}]`,
  );
  throw refused(
    `1 validation error detected: Value '{${shown.join(", ")}}' at 'requestItems' failed to ` +
      "satisfy constraint: Map value must satisfy constraint: [Member must have length less " +
      `than or equal to ${REQUESTS_MAX}, Member must have length greater than or equal to 1]`,
  );
}

function refused(text: string): ServiceError {
  return new ServiceError("ValidationException", 400, text);
}

function writesOf(requested: Requested): Readonly<Record<string, readonly WriteRequest[]>> {
  const writes = Object.create(null) as Record<string, readonly WriteRequest[]>;
  for (const name of Object.keys(requested)) {
    writes[name] = (requested[name] ?? []).map(({ PutRequest, DeleteRequest }) => ({
      putRequest: PutRequest === undefined ? undefined : { item: attributeMap(PutRequest.Item) },
      deleteRequest:
        DeleteRequest === undefined ? undefined : { key: attributeMap(DeleteRequest.Key) },
    }));
  }
  return writes;
}

function unprocessed({ putRequest, deleteRequest }: WriteRequest): Write {
  return putRequest === undefined
    ? { DeleteRequest: { Key: deleteRequest?.key } }
    : { PutRequest: { Item: putRequest.item } };
}
