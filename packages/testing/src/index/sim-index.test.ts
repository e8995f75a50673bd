import { expect, test } from "vitest";
import { bytesOf, textOf } from "../contracts/contract-bytes.ts";
import { orderedIndexContract } from "../contracts/ordered-index.contract.ts";
import { SimFileSystem } from "../disk/sim-file-system.ts";
import { SimIndex } from "./sim-index.ts";

orderedIndexContract("simulated", async () => ({
  factory: new SimIndex({ seed: 1 }),
  directory: "/index",
  fileSystem: new SimFileSystem({ seed: 1 }),
}));

test("a crash keeps what resolved and any subset of the batches under way", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 80; seed++) {
    const sim = new SimIndex({ seed, turnsMax: 20 });
    const index = await sim.open("/index", "tag");
    await index.write([{ key: bytesOf("old"), value: bytesOf("1") }]);
    for (const name of ["a", "b", "c"]) {
      void index.write([{ key: bytesOf(name), value: bytesOf("1") }]);
    }
    const after = await sim.crash().open("/index", "tag");
    const snapshot = after.snapshot();
    const page = await snapshot.page({ limit: 10 });
    seen.add(page.map(({ key }) => textOf(key)).join(""));
    expect(textOf(after.getSync(bytesOf("old")))).toBe("1");
  }
  expect(seen.size).toBe(8);
});
