import type { Tables } from "@firn/tables";
import type { Service } from "../../frame/service.ts";
import { Authorizer } from "../authorization/authorizer.ts";
import type { DynamoDbContext } from "../context.ts";
import { createDynamoDbService } from "../service.ts";
import { describeStream } from "./describe-stream.ts";
import { getRecords } from "./get-records.ts";
import { getShardIterator } from "./get-shard-iterator.ts";
import { listStreams } from "./list-streams.ts";

/** DynamoDB Streams: a target of its own, signed and worded as DynamoDB. */
export function createDynamoDbStreamsService(engines: {
  readonly tables: Tables;
}): Service<DynamoDbContext> {
  const authorizer = new Authorizer();
  const operations = [listStreams, describeStream, getShardIterator, getRecords];
  return {
    ...createDynamoDbService(engines),
    targetPrefix: "DynamoDBStreams_20120810",
    operations: operations.map((operation) => authorizer.guarded(operation)),
  };
}
