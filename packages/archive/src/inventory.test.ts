import { expect, test } from "vitest";
import { writeInventory } from "./inventory.ts";
import type { InventoryFormat, InventoryItem } from "./inventory.ts";

const head = {
  vaultArn: "arn:aws:glacier:us-east-1:000000000000:vaults/v",
  inventoryDate: Date.UTC(2026, 10, 24, 8, 30, 1, 999),
};

function item(description: string): InventoryItem {
  return {
    archiveId: "A1",
    archiveDescription: description,
    creationDate: Date.UTC(2013, 2, 20, 17, 3, 43, 221),
    size: 7,
    treeHash: new Uint8Array(32).fill(0xab),
  };
}

async function text(format: InventoryFormat, items: InventoryItem[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeInventory(format, head, each(items))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* each(items: InventoryItem[]): AsyncGenerator<InventoryItem> {
  for (const one of items) yield one;
}

test("a JSON inventory is one document with the vault, the time and the archives", async () => {
  expect(JSON.parse(await text("JSON", []))).toEqual({
    VaultARN: head.vaultArn,
    InventoryDate: "2026-11-24T08:30:01Z",
    ArchiveList: [],
  });
  const two = JSON.parse(await text("JSON", [item('say "hi"'), item("b")])) as {
    ArchiveList: unknown[];
  };
  expect(two.ArchiveList).toHaveLength(2);
  expect(two.ArchiveList[0]).toEqual({
    ArchiveId: "A1",
    ArchiveDescription: 'say "hi"',
    CreationDate: "2013-03-20T17:03:43Z",
    Size: 7,
    SHA256TreeHash: "ab".repeat(32),
  });
});

test("a CSV inventory quotes as AWS does: backslash before a quote, backslash left alone", async () => {
  const lines = (
    await text("CSV", [item("plain"), item("a,1"), item('a,1"2'), item('a,1\\"2'), item("b\\c")])
  ).split("\n");
  const rest = `2013-03-20T17:03:43Z,7,${"ab".repeat(32)}`;
  expect(lines).toEqual([
    "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash",
    `A1,plain,${rest}`,
    `A1,"a,1",${rest}`,
    `A1,"a,1\\"2",${rest}`,
    `A1,"a,1\\\\"2",${rest}`,
    `A1,b\\c,${rest}`,
    "",
  ]);
});

test("an inventory of many archives comes in pieces", async () => {
  const items = Array.from({ length: 2000 }, (_, i) => item(`archive ${i}`));
  let pieces = 0;
  for await (const piece of writeInventory("JSON", head, each(items))) {
    expect(piece.length).toBeLessThan(70 * 1024);
    pieces++;
  }
  expect(pieces).toBeGreaterThan(5);
});
