import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { Firn } from "./firn.ts";
import { webhook } from "./webhook.ts";

interface Posted {
  readonly signature: unknown;
  readonly body: string;
}

/** A receiver that answers with these statuses, then with 200. */
async function receiver(statuses: number[]): Promise<{
  readonly url: string;
  readonly posts: Posted[];
  close(): void;
}> {
  const posts: Posted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      posts.push({ signature: request.headers["x-firn-signature"], body });
      response.statusCode = statuses.shift() ?? 200;
      response.end("thanks");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/changes`, posts, close: () => void server.close() };
}

test("a webhook gets the changes of a table, signed, and again after a failure", async () => {
  const hook = await receiver([503]);
  const firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
  try {
    await firn.tables.createTable({
      tableName: "orders",
      attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
      keySchema: [{ attributeName: "id", keyType: "HASH" }],
      billingMode: "PAY_PER_REQUEST",
      streamSpecification: { streamEnabled: true, streamViewType: "KEYS_ONLY" },
    });
    await firn.tables.putItem({ tableName: "orders", item: { id: "a" } });
    const send = webhook({ url: hook.url, secret: "s3cret" });
    const delivery = firn.tables.deliver({ tableName: "orders", consumer: "hook", send });
    await vi.waitFor(() => expect(delivery.status().lastError).toBe("the webhook answered 503"));
    await firn.store.advanceClock(1000);
    await vi.waitFor(() => expect(delivery.status().batchCount).toBe(1));
    const [first, second] = hook.posts;
    expect(second).toEqual(first);
    const body = second?.body ?? "";
    expect(second?.signature).toBe(createHmac("sha256", "s3cret").update(body).digest("hex"));
    expect(JSON.parse(body)).toMatchObject({
      Records: [{ eventName: "INSERT", dynamodb: { Keys: { id: { S: "a" } } } }],
    });
    await delivery.stop();
  } finally {
    await firn.close();
    hook.close();
  }
});

test("a webhook is http or https", () => {
  for (const url of ["", "nowhere", "file:///etc/passwd"]) {
    expect(() => webhook({ url })).toThrow("needs an http or https URL");
  }
});
