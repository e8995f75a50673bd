"""What applications do with boto3: run by dynamodb.test.ts, prints ok at the end."""

import boto3, decimal
from boto3.dynamodb.conditions import Attr, Key
dynamodb = boto3.resource("dynamodb")
table = dynamodb.create_table(
    TableName="boto",
    AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"))],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
)
table.wait_until_exists()
exact = decimal.Decimal("12345678901234567890.123456789012345678")
table.put_item(Item={"pk": "a", "sk": 0, "n": exact, "b": b"\x00\xff", "s": {"x", "y"}, "none": None, "deep": [{"er": True}]})
item = table.get_item(Key={"pk": "a", "sk": 0})["Item"]
assert item["n"] == exact and item["b"].value == b"\x00\xff" and item["s"] == {"x", "y"}, item
with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
    for i in range(60):
        batch.put_item(Item={"pk": "b", "sk": i, "even": i % 2 == 0})
found = table.query(KeyConditionExpression=Key("pk").eq("b") & Key("sk").between(10, 19), FilterExpression=Attr("even").eq(True))
assert [int(i["sk"]) for i in found["Items"]] == [10, 12, 14, 16, 18], found
assert found["ScannedCount"] == 10
pages = list(dynamodb.meta.client.get_paginator("scan").paginate(TableName="boto", PaginationConfig={"PageSize": 25}))
assert sum(p["Count"] for p in pages) == 61 and len(pages) >= 3, len(pages)
try:
    table.update_item(Key={"pk": "a", "sk": 0}, UpdateExpression="SET n = :n", ConditionExpression=Attr("n").lt(1), ExpressionAttributeValues={":n": 1})
    raise SystemExit("not refused")
except dynamodb.meta.client.exceptions.ConditionalCheckFailedException:
    pass
client = boto3.client("dynamodb")
try:
    client.transact_write_items(TransactItems=[
        {"Put": {"TableName": "boto", "Item": {"pk": {"S": "t"}, "sk": {"N": "1"}}}},
        {"ConditionCheck": {"TableName": "boto", "Key": {"pk": {"S": "no"}, "sk": {"N": "1"}}, "ConditionExpression": "attribute_exists(pk)"}},
    ])
    raise SystemExit("not canceled")
except client.exceptions.TransactionCanceledException as error:
    assert [r["Code"] for r in error.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
rows = client.execute_statement(Statement='SELECT sk FROM "boto" WHERE pk = ? AND sk < 3', Parameters=[{"S": "b"}])["Items"]
assert len(rows) == 3, rows
client.update_continuous_backups(TableName="boto", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
described = client.describe_continuous_backups(TableName="boto")["ContinuousBackupsDescription"]
assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
table.delete()
table.wait_until_not_exists()
print("ok")
