import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import { Volumes } from "@firn/volumes";
import type { Volume } from "@firn/volumes";
import { afterEach, expect, test, vi } from "vitest";
import { NbdServer } from "./nbd-server.ts";

afterEach(() => vi.restoreAllMocks());

const CLIENT_FLAGS = Buffer.from([0, 0, 0, 3]);

function exportName(name: string): Buffer {
  const head = Buffer.alloc(16);
  head.write("IHAVEOPT", 0, "latin1");
  head.writeUInt32BE(1, 8);
  head.writeUInt32BE(name.length, 12);
  return Buffer.concat([head, Buffer.from(name)]);
}

test("a client that vanishes while its export opens does not leave it open", async () => {
  const directory = await makeTemporaryDirectory();
  const store = await openStore({ directory, ephemeral: true });
  const volumes = await Volumes.open({ store });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 1, availabilityZone: "us-east-1a" });
  const server = await NbdServer.listen({ volumes, port: 0 });
  const opened: Volume[] = [];
  // The real one, slow enough that its client can leave meanwhile.
  const openVolume = Volumes.prototype.openVolume;
  vi.spyOn(Volumes.prototype, "openVolume").mockImplementation(async function (
    this: Volumes,
    options,
  ) {
    socket.destroy();
    await vi.waitFor(() => expect(closed).toBe(true));
    // The server hears of it a little later.
    await wait(50);
    const volume = await openVolume.call(this, options);
    opened.push(volume);
    return volume;
  });
  let closed = false;
  const socket = connect({ port: server.port ?? 0, host: "127.0.0.1" });
  socket.on("close", () => (closed = true));
  await once(socket, "connect");
  socket.write(Buffer.concat([CLIENT_FLAGS, exportName(volumeId)]));
  await vi.waitFor(() => expect(opened).toHaveLength(1));
  await server.close();
  await expect(opened[0]?.flush()).rejects.toMatchObject({ code: "FIRN_VOLUME_CLOSED" });
  await volumes.close();
  await store.close();
});
