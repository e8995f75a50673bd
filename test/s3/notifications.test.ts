import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { eventWebhook } from "@firn/firn";
import type { EventBatch, S3EventRecord, TestMessage } from "@firn/objects";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Through the JavaScript SDK: what is told to whom, and that nothing is lost on the way. */

const QueueArn = "arn:aws:sqs:us-east-1:000000000000:events";
const TopicArn = "arn:aws:sns:us-east-1:000000000000:hook";
let served: ServedS3;
let s3: S3Client;

beforeAll(async () => {
  served = await serveS3();
  ({ s3 } = served);
});
afterAll(() => served.close());

/** Takes events until there are so many. */
async function take(destination: string, count: number): Promise<S3EventRecord[]> {
  const taken: S3EventRecord[] = [];
  await new Promise<void>((resolve) => {
    const delivery = served.firn.objects.deliver({
      destination,
      send: ({ Records }: EventBatch) => {
        taken.push(...Records);
        // Not awaited here: it waits for this batch.
        if (taken.length >= count) void delivery.stop().then(resolve);
        return Promise.resolve();
      },
    });
  });
  return taken;
}

test("a configuration comes back as it was given, and a wrong one is refused", async () => {
  const Bucket = "told";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const get = new GetBucketNotificationConfigurationCommand({ Bucket });
  expect((await s3.send(get)).QueueConfigurations).toBeUndefined();
  const FilterRules = [
    { Name: "prefix" as const, Value: "in/" },
    { Name: "suffix" as const, Value: ".jpg" },
  ];
  const NotificationConfiguration = {
    QueueConfigurations: [
      {
        Id: "q",
        QueueArn,
        Events: ["s3:ObjectCreated:*" as const, "s3:ObjectRemoved:Delete" as const],
        Filter: { Key: { FilterRules } },
      },
    ],
  };
  const put = { Bucket, NotificationConfiguration };
  await s3.send(new PutBucketNotificationConfigurationCommand(put));
  const found = await s3.send(get);
  // S3 writes the names of filters so, however they were sent.
  const written = FilterRules.map(({ Name, Value }) => ({
    Name: Name === "prefix" ? "Prefix" : "Suffix",
    Value,
  }));
  const [rule] = NotificationConfiguration.QueueConfigurations;
  const Filter = { Key: { FilterRules: written } };
  expect(found.QueueConfigurations).toEqual([{ ...rule, Filter }]);
  const wrong = { QueueConfigurations: [{ QueueArn: "queue", Events: [] }] };
  const refused = { Bucket, NotificationConfiguration: wrong };
  const putting = s3.send(new PutBucketNotificationConfigurationCommand(refused));
  await expect(putting).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});

test("what happens is told in order, with what rules ask for and nothing else", async () => {
  const Bucket = "happening";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"] as const;
  const Filter = { Key: { FilterRules: [{ Name: "prefix" as const, Value: "a" }] } };
  const rule = { Id: "all", QueueArn, Events: [...Events], Filter };
  const NotificationConfiguration = { QueueConfigurations: [rule] };
  const configure = { Bucket, NotificationConfiguration };
  await s3.send(new PutBucketNotificationConfigurationCommand(configure));
  const Key = "a key+ü";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "four" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "other", Body: "x" }));
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: "a2", CopySource }));
  const Tagging = { TagSet: [{ Key: "k", Value: "v" }] };
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a2" }] } }));
  const events = await take(QueueArn, 5);
  expect(events.map(({ eventName }) => eventName)).toEqual([
    "ObjectCreated:Put",
    "ObjectCreated:Copy",
    "ObjectTagging:Put",
    "ObjectRemoved:Delete",
    "ObjectRemoved:DeleteMarkerCreated",
  ]);
  const [put] = events;
  expect(put?.s3.object).toMatchObject({ key: "a+key%2B%C3%BC", size: 4 });
  expect(put?.s3.configurationId).toBe("all");
  const order = events.map((event) => event.s3.object.sequencer);
  expect(order.toSorted()).toEqual(order);
});

test("a list of rights that is put on an object is told", async () => {
  const Bucket = "listed";
  const ObjectOwnership = "BucketOwnerPreferred";
  await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership }));
  const rule = { Id: "rights", QueueArn, Events: ["s3:ObjectAcl:Put" as const] };
  const NotificationConfiguration = { QueueConfigurations: [rule] };
  const configure = { Bucket, NotificationConfiguration };
  await s3.send(new PutBucketNotificationConfigurationCommand(configure));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  await s3.send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "private" }));
  const [event] = await take(QueueArn, 1);
  expect(event).toMatchObject({ eventName: "ObjectAcl:Put", s3: { object: { key: "k" } } });
});

test("a webhook that fails gets the same events again, and once it took them no more", async () => {
  const Bucket = "hooked";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Events = ["s3:ObjectCreated:Put" as const];
  const NotificationConfiguration = { TopicConfigurations: [{ TopicArn, Events }] };
  const configure = { Bucket, NotificationConfiguration };
  await s3.send(new PutBucketNotificationConfigurationCommand(configure));
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(bodies.length === 1 ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const send = eventWebhook({ url: `http://127.0.0.1:${port}/` });
  const delivery = served.firn.objects.deliver({ destination: TopicArn, send });
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  await expect.poll(() => delivery.status().batchCount, { timeout: 20_000 }).toBe(1);
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toBe(bodies[0]);
  expect(JSON.parse(bodies[1] ?? "")).toMatchObject({
    Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key: "k", size: 1 } } }],
  });
  await delivery.stop();
  server.close();
});

test("topics and queues are sent a test when they are named, and functions are not", async () => {
  const Bucket = "tested";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const arn = (service: string): string => `arn:aws:${service}:us-east-1:000000000000:tested`;
  const Events = ["s3:ObjectCreated:*" as const];
  const NotificationConfiguration = {
    TopicConfigurations: [{ TopicArn: arn("sns"), Events }],
    QueueConfigurations: [{ QueueArn: arn("sqs"), Events }],
    LambdaFunctionConfigurations: [{ LambdaFunctionArn: arn("lambda"), Events }],
  };
  const put = { Bucket, NotificationConfiguration };
  const { $metadata } = await s3.send(new PutBucketNotificationConfigurationCommand(put));
  const silent = { ...put, SkipDestinationValidation: true };
  await s3.send(new PutBucketNotificationConfigurationCommand(silent));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  const told = async (destination: string): Promise<unknown[]> => {
    const taken: unknown[] = [];
    const send = ({ Records }: EventBatch): Promise<void> => {
      taken.push(...Records.map(({ eventName }) => eventName));
      return Promise.resolve();
    };
    const sendTest = (message: TestMessage): Promise<void> => {
      taken.push(message);
      // Once more, as what fails is.
      return taken.length === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve();
    };
    const delivery = served.firn.objects.deliver({ destination, send, sendTest });
    await expect.poll(() => taken.at(-1), { timeout: 10_000 }).toBe("ObjectCreated:Put");
    await delivery.stop();
    return taken;
  };
  const test = { Service: "Amazon S3", Event: "s3:TestEvent", Bucket };
  const expected = { ...test, RequestId: $metadata.requestId };
  for (const service of ["sns", "sqs"]) {
    const [first, again, event, ...rest] = await told(arn(service));
    expect(first).toMatchObject(expected);
    expect(again).toEqual(first);
    expect(event).toBe("ObjectCreated:Put");
    expect(rest).toEqual([]);
  }
  expect(await told(arn("lambda"))).toEqual(["ObjectCreated:Put"]);
  await expect(
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    ),
  ).rejects.toMatchObject({ name: "NotImplemented" });
});
