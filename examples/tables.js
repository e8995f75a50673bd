import { openStore } from "@firn/core";
import { Tables } from "@firn/tables";

const store = await openStore({ directory: `${process.cwd()}/tables-data` });
const tables = await Tables.open({ store });
const tableName = "readings";

await tables.createTable({
  tableName,
  billingMode: "PAY_PER_REQUEST",
  attributeDefinitions: [
    { attributeName: "station", attributeType: "S" },
    { attributeName: "at", attributeType: "N" },
  ],
  keySchema: [
    { attributeName: "station", keyType: "HASH" },
    { attributeName: "at", keyType: "RANGE" },
  ],
});
for (const at of [1, 2, 10]) {
  await tables.putItem({ tableName, item: { station: "Vatnajökull", at, snow: at * 1.5 } });
}

// Read, decided and written in one transaction.
await tables.updateItem({
  tableName,
  key: { station: "Vatnajökull", at: 10 },
  updateExpression: "SET snow = snow + :more",
  conditionExpression: "snow < :most",
  expressionAttributeValues: { ":more": 1, ":most": 20 },
});
const newestFirst = tables.query({
  tableName,
  keyConditionExpression: "station = :station AND #at > :at",
  expressionAttributeNames: { "#at": "at" },
  expressionAttributeValues: { ":station": "Vatnajökull", ":at": 1 },
  scanIndexForward: false,
});
for await (const { at, snow } of newestFirst) console.log("at", at, "snow", snow);

await store.close();
