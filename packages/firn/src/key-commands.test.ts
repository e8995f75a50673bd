import { expect, test } from "vitest";
import { Firn } from "./firn.ts";
import { keyCommands } from "./key-commands.ts";

test("named keys are made, listed and disabled by administrative calls", async () => {
  const firn = await Firn.open({ ephemeral: true });
  const commands = keyCommands(firn.keyRing);
  const call = (name: string, body: object): Promise<unknown> =>
    Promise.resolve(commands.get(`POST keys/${name}`)?.({ ...body }));
  const accountId = "000000000000";
  const arn = `arn:aws:kms:us-east-1:${accountId}:key/mine`;
  expect(await call("Create", { accountId, keyId: "mine" })).toMatchObject({ key: { arn } });
  await call("SetEnabled", { arn, enabled: false });
  const listed = await call("List", { accountId });
  expect(listed).toMatchObject({ keys: [{ arn, enabled: false }] });
  expect(JSON.stringify(listed)).not.toContain("material");
  const wrong = { code: "FIRN_OPTIONS_INVALID" };
  await expect(call("Create", { accountId: 5 })).rejects.toMatchObject(wrong);
  await expect(call("SetEnabled", { arn, enabled: "no" })).rejects.toMatchObject(wrong);
  await firn.close();
});
