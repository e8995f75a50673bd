import { afterEach, beforeEach, expect, test } from "vitest";
import { Firn } from "./firn.ts";
import { volumeCommands } from "./volume-commands.ts";

let firn: Firn;

beforeEach(async () => {
  firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
});
afterEach(() => firn.close());

async function call(command: string, body: Record<string, unknown>): Promise<unknown> {
  return await volumeCommands(firn.volumes).get(`POST volumes/${command}`)?.(body);
}

test("root has a volume of any account keep its past, and takes snapshots of it", async () => {
  const theirs = firn.volumes.in({ accountId: "111122223333", region: "eu-north-1" });
  const { volumeId } = await theirs.createVolume({ sizeGiB: 1 });
  expect(await call("GetRetention", { volumeId })).toEqual({ retention: null });
  const from = new Date(firn.store.clock.now()).toISOString();
  const kept = { retention: { seconds: 3600, from } };
  expect(await call("PutRetention", { volumeId, seconds: 3600 })).toEqual(kept);
  const volume = await theirs.openVolume({ volumeId });
  await volume.write(0, Buffer.from("then"));
  const time = new Date(firn.store.clock.now()).toISOString();
  await firn.store.advanceClock(1000);
  await volume.write(0, Buffer.from("now!"));
  const request = { volumeId, time, description: "as it was" };
  const made = (await call("CreateSnapshot", request)) as { snapshotId: string };
  expect(made).toMatchObject({ volumeId, description: "as it was", state: "completed" });
  const snapshot = await theirs.openSnapshot(made);
  expect(Buffer.from(await snapshot.read(0, 4)).toString()).toBe("then");
  expect(await call("DeleteRetention", { volumeId })).toEqual({ retention: null });
  const gone = call("CreateSnapshot", { volumeId, time });
  await expect(gone).rejects.toMatchObject({ code: "FIRN_VOLUME_HISTORY_GONE" });
});

test("a body that says too little, or nonsense, is refused", async () => {
  const { volumeId } = await firn.volumes.createVolume({ sizeGiB: 1 });
  const invalid = { code: "FIRN_OPTIONS_INVALID" };
  await expect(call("PutRetention", { volumeId })).rejects.toMatchObject(invalid);
  await expect(call("PutRetention", { seconds: 60 })).rejects.toMatchObject(invalid);
  const soon = call("CreateSnapshot", { volumeId, time: "soon" });
  await expect(soon).rejects.toMatchObject(invalid);
  const short = call("PutRetention", { volumeId, seconds: 1 });
  await expect(short).rejects.toMatchObject({ code: "FIRN_VOLUME_PARAMETER" });
  const missing = call("GetRetention", { volumeId: "vol-00000000000000000" });
  await expect(missing).rejects.toMatchObject({ code: "FIRN_VOLUME_NOT_FOUND" });
});
