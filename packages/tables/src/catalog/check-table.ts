import { GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, PROJECTED_ATTRIBUTES_MAX } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { checkPolicyText } from "../policies/policy-engine.ts";
import { checkNewStream } from "../streams/stream-changes.ts";
import { globalSettings, tableSettings } from "./make-table.ts";
import type { BillingMode } from "./table-record.ts";
import { checkTags } from "./tags.ts";
import type {
  CreateTableRequest,
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  ProvisionedThroughput,
} from "./table-requests.ts";

/*
 * What DynamoDB checks of a CreateTable beyond the form of its parameters, in its order and words.
 */

const CAPACITY_MAX = 1_000_000_000_000;
/** Attributes in each half of a global index's key. */
const GLOBAL_KEY_PARTS_MAX = 4;

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkCreateTable(request: CreateTableRequest): void {
  const billingMode = request.billingMode ?? "PROVISIONED";
  checkTableName(request.tableName);
  checkBilling(billingMode, request.provisionedThroughput);
  checkTableKeys(request);
  const names = new Set<string>();
  if (request.localSecondaryIndexes !== undefined) checkLocalIndexes(request, names);
  if (request.globalSecondaryIndexes !== undefined) {
    checkGlobalIndexes(request, billingMode, names);
  }
  checkAllDefinitionsUsed(request);
  checkProjectedCount(request);
  checkTags(request.tags ?? []);
  checkNewStream(request.streamSpecification);
  tableSettings(request, billingMode);
  if (request.resourcePolicy !== undefined) checkPolicyText(request.resourcePolicy);
}

const TABLE_NAME = /^[a-zA-Z0-9_.-]{1,255}$/;

/** Names stand in ARNs. Embedded, one character is enough. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkTableName(name: string): void {
  if (TABLE_NAME.test(name)) return;
  throw invalid(
    `1 validation error detected: Value '${name.slice(0, 255)}' at 'tableName' failed to satisfy ` +
      "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  );
}

function checkBilling(
  billingMode: BillingMode,
  throughput: ProvisionedThroughput | undefined,
): void {
  if (billingMode === "PAY_PER_REQUEST") {
    if (throughput === undefined) return;
    throw invalidParameters(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is " +
        "PAY_PER_REQUEST",
    );
  }
  if (throughput === undefined) {
    throw invalidParameters(
      "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is " +
        "PROVISIONED",
    );
  }
  checkCapacity(throughput);
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkCapacity(throughput: ProvisionedThroughput): void {
  const { readCapacityUnits, writeCapacityUnits } = throughput;
  for (const [name, units] of [
    ["ReadCapacityUnits", readCapacityUnits],
    ["WriteCapacityUnits", writeCapacityUnits],
  ] as const) {
    if (units > CAPACITY_MAX) throw invalid(`Given value ${units} for ${name} is out of bounds`);
  }
}

type Defining = Pick<CreateTableRequest, "attributeDefinitions">;

function checkTableKeys(request: CreateTableRequest): void {
  const { keySchema, attributeDefinitions } = request;
  if (keySchema.length > attributeDefinitions.length) {
    throw invalid("Invalid KeySchema: Some index key attribute have no definition");
  }
  checkDefined(request, keySchema);
  checkKeyTypes(keySchema);
}

function checkDefined(request: Defining, schema: readonly KeySchemaElement[]): void {
  const defined = request.attributeDefinitions.map(({ attributeName }) => attributeName);
  const keys = schema.map(({ attributeName }) => attributeName);
  if (keys.every((key) => defined.includes(key))) return;
  throw invalidParameters(
    "Some index key attributes are not defined in AttributeDefinitions. " +
      `Keys: [${keys.join(", ")}], AttributeDefinitions: [${defined.join(", ")}]`,
  );
}

function checkKeyTypes(schema: readonly KeySchemaElement[]): void {
  const [first, second] = schema;
  if (first?.attributeName === second?.attributeName) {
    throw invalid(
      "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    );
  }
  if (first?.keyType !== "HASH") {
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (second !== undefined && second.keyType !== "RANGE") {
    throw invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
}

function checkLocalIndexes(request: CreateTableRequest, names: Set<string>): void {
  const indexes = request.localSecondaryIndexes ?? [];
  const tableHash = request.keySchema[0]?.attributeName;
  if (indexes.length === 0) throw invalidParameters("List of LocalSecondaryIndexes is empty");
  if (request.keySchema.length !== 2) {
    throw invalidParameters(
      "Table KeySchema does not have a range key, which is required when specifying a " +
        "LocalSecondaryIndex",
    );
  }
  for (const index of indexes) {
    const { indexName, keySchema } = index;
    checkDefined(request, keySchema);
    checkKeyTypes(keySchema);
    if (keySchema.length !== 2) {
      throw invalidParameters(`Index KeySchema does not have a range key for index: ${indexName}`);
    }
    const hash = keySchema[0]?.attributeName;
    if (hash !== tableHash) {
      throw invalidParameters(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
          `${indexName}. index hash key: ${hash}, table hash key: ${tableHash}`,
      );
    }
    checkProjection(index);
    checkName(indexName, names);
  }
  if (indexes.length > LOCAL_INDEXES_MAX) {
    throw invalidParameters("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  }
}

function checkGlobalIndexes(
  request: CreateTableRequest,
  billingMode: BillingMode,
  names: Set<string>,
): void {
  const indexes = request.globalSecondaryIndexes ?? [];
  if (indexes.length === 0) throw invalidParameters("List of GlobalSecondaryIndexes is empty");
  for (const index of indexes) {
    checkGlobalIndex(request, index, billingMode);
    checkName(index.indexName, names);
  }
  if (indexes.length > GLOBAL_INDEXES_MAX) {
    throw invalidParameters("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  }
}

/** Also of an index that UpdateTable creates. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkGlobalIndex(
  request: Defining,
  index: GlobalSecondaryIndex,
  billingMode: BillingMode,
): void {
  checkDefined(request, index.keySchema);
  checkGlobalKeyTypes(index.keySchema);
  checkProjection(index);
  const { indexName, provisionedThroughput } = index;
  globalSettings(index, billingMode);
  if (billingMode === "PAY_PER_REQUEST") {
    if (provisionedThroughput === undefined) return;
    throw invalidParameters(
      `ProvisionedThroughput should not be specified for index: ${indexName} when BillingMode ` +
        "is PAY_PER_REQUEST",
    );
  }
  if (provisionedThroughput === undefined) {
    throw invalidParameters(
      `ProvisionedThroughput must be specified for index: ${indexName} when BillingMode is ` +
        "PROVISIONED",
    );
  }
  checkCapacity(provisionedThroughput);
}

/** Up to four HASH elements, then up to four RANGE elements. */
function checkGlobalKeyTypes(schema: readonly KeySchemaElement[]): void {
  const hashes = schema.filter(({ keyType }) => keyType === "HASH").length;
  if (schema.length <= 2 && hashes <= 1) {
    checkKeyTypes(schema);
    return;
  }
  if (new Set(schema.map(({ attributeName }) => attributeName)).size !== schema.length) {
    throw invalid(
      "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    );
  }
  if (schema.slice(0, hashes).some(({ keyType }) => keyType !== "HASH") || hashes === 0) {
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (hashes <= GLOBAL_KEY_PARTS_MAX && schema.length - hashes <= GLOBAL_KEY_PARTS_MAX) return;
  throw invalid("Invalid KeySchema: A global index has up to 4 HASH and 4 RANGE key attributes");
}

function checkProjection(index: LocalSecondaryIndex): void {
  const { projectionType, nonKeyAttributes } = index.projection;
  if (projectionType === undefined) throw invalidParameters("Unknown ProjectionType: null");
  if (nonKeyAttributes !== undefined && projectionType !== "INCLUDE") {
    throw invalidParameters(
      `ProjectionType is ${projectionType}, but NonKeyAttributes is specified`,
    );
  }
  if (nonKeyAttributes === undefined && projectionType === "INCLUDE") {
    throw invalidParameters("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  }
}

function checkName(indexName: string, names: Set<string>): void {
  if (names.has(indexName)) throw invalidParameters(`Duplicate index name: ${indexName}`);
  names.add(indexName);
}

function checkAllDefinitionsUsed(request: CreateTableRequest): void {
  const defined = request.attributeDefinitions.map(({ attributeName }) => attributeName);
  const indexes = [
    ...(request.localSecondaryIndexes ?? []),
    ...(request.globalSecondaryIndexes ?? []),
  ];
  if (indexes.length === 0) {
    if (request.keySchema.length === defined.length) return;
    throw invalidParameters(
      "Number of attributes in KeySchema does not exactly match number of attributes defined in " +
        "AttributeDefinitions",
    );
  }
  const schemas = [request.keySchema, ...indexes.map(({ keySchema }) => keySchema)];
  const used = new Set(schemas.flat().map(({ attributeName }) => attributeName));
  if (defined.every((name) => used.has(name))) return;
  throw invalidParameters(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${defined.join(", ")}], ` +
      `keys used: [${[...used].join(", ")}]`,
  );
}

function checkProjectedCount(request: CreateTableRequest): void {
  const indexes = [
    ...(request.localSecondaryIndexes ?? []),
    ...(request.globalSecondaryIndexes ?? []),
  ];
  let count = 0;
  for (const { projection } of indexes) count += projection.nonKeyAttributes?.length ?? 0;
  if (count <= PROJECTED_ATTRIBUTES_MAX) return;
  throw invalidParameters(
    `Too many NonKeyAttributes. Number of NonKeyAttributes: ${count} exceeds the limit of ` +
      `${PROJECTED_ATTRIBUTES_MAX}`,
  );
}
