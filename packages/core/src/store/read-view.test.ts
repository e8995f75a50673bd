import { SimCore, latin1, latin1Bytes, makeMachine } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReadView } from "../store-api.ts";

let store: Awaited<ReturnType<SimCore["open"]>>;
let space: number;

beforeEach(async () => {
  const core = await SimCore.load();
  // Nothing goes into the index by itself: views read versions of the memtable.
  store = await core.open(makeMachine(1), { memtableKeys: 10_000, memtableBytes: 1024 * 1024 });
  space = await store.openKeySpace("things", { indexedValueBytes: 16 });
});

afterEach(() => store.close());

async function put(name: string, value: string): Promise<void> {
  await store.transact((tx) => tx.put(space, latin1Bytes(name), latin1Bytes(value)));
}

async function seen(view: ReadView): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, value } of view.range(space)) {
    const got = await view.get(space, key);
    found.push(`${latin1(key)}=${latin1(value)}/${got === undefined ? "absent" : latin1(got)}`);
  }
  return found;
}

test("a view goes on seeing a version that was overwritten several times since", async () => {
  await put("a", "1");
  await put("b", "1");
  using view = store.view();
  for (const value of ["2", "3", "4"]) await put("a", value);
  await store.transact((tx) => tx.delete(space, latin1Bytes("b")));
  await put("b", "5");
  expect(await seen(view)).toEqual(["a=1/1", "b=1/1"]);
  await store.checkpoint();
  expect(await seen(view)).toEqual(["a=1/1", "b=1/1"]);
  using now = store.view();
  expect(await seen(now)).toEqual(["a=4/4", "b=5/5"]);
});

test("versions are kept for the oldest open view, and for a younger one when that is closed", async () => {
  const views: ReadView[] = [];
  for (const value of ["1", "2", "3"]) {
    await put("a", value);
    views.push(store.view());
  }
  await put("a", "4");
  await put("a", "5");
  for (const [at, view] of views.entries()) {
    expect(await seen(view)).toEqual([`a=${at + 1}/${at + 1}`]);
    view.close();
    await put("a", "6");
    await put("a", "7");
  }
});
