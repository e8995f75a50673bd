import { expect, test } from "vitest";
import { ReaderPins } from "./reader-pins.ts";

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function recorder(): { readonly ran: string[]; action: (name: string) => () => Promise<void> } {
  const ran: string[] = [];
  return {
    ran,
    action: (name) => async () => {
      ran.push(name);
    },
  };
}

test("what is retired while nobody reads goes at once", async () => {
  const pins = new ReaderPins();
  const { ran, action } = recorder();
  await pins.retire(action("file"));
  expect(ran).toEqual(["file"]);
});

test("what is retired waits for every pin taken before, and for none taken behind", async () => {
  const pins = new ReaderPins();
  const { ran, action } = recorder();
  const first = pins.pin();
  const second = pins.pin();
  const gone = pins.retire(action("file"));
  const later = pins.pin();
  second.release();
  await settled();
  expect(ran).toEqual([]);
  first.release();
  await gone;
  expect(ran).toEqual(["file"]);
  later.release();
});

test("retirements between two pins go one after the other, as the pins are released", async () => {
  const pins = new ReaderPins();
  const { ran, action } = recorder();
  const first = pins.pin();
  void pins.retire(action("a"));
  const second = pins.pin();
  void pins.retire(action("b"));
  first.release();
  await settled();
  expect([...ran]).toEqual(["a"]);
  second.release();
  second.release();
  await settled();
  expect(ran).toEqual(["a", "b"]);
  expect(pins.count + pins.waiting).toBe(0);
});

test("an action that fails is told to who waits for it, and keeps no other back", async () => {
  const pins = new ReaderPins();
  const { ran, action } = recorder();
  const pin = pins.pin();
  const failing = pins.retire(() => Promise.reject(new Error("EIO")));
  const other = pins.retire(action("b"));
  pin.release();
  await expect(failing).rejects.toThrow("EIO");
  await other;
  expect(ran).toEqual(["b"]);
});

test("draining runs what pins still hold back", async () => {
  const pins = new ReaderPins();
  const { ran, action } = recorder();
  pins.pin();
  void pins.retire(action("a"));
  await pins.drain();
  expect(ran).toEqual(["a"]);
});
