import type { FileHandle, FileSystem } from "@firn/core";
import { describe, expect, test } from "vitest";
import { bytesOf, textOf } from "./contract-bytes.ts";

export interface FileSystemUnderTest {
  readonly fileSystem: FileSystem;
  /** An empty directory, without a slash at the end. */
  readonly directory: string;
}

/** What the core relies on in every file system. `make` is called once per test. */
export function fileSystemContract(name: string, make: () => Promise<FileSystemUnderTest>): void {
  describe(`file system contract: ${name}`, () => {
    bytesContract(make);
    namesContract(make);
    lockContract(make);
  });
}

function bytesContract(make: () => Promise<FileSystemUnderTest>): void {
  test("parts are written one behind the other and read back", async () => {
    const { fileSystem, directory } = await make();
    const file = await fileSystem.open(`${directory}/a`, { create: true });
    await file.write([bytesOf("ab"), bytesOf(""), bytesOf("cde")], 0);
    await file.write([bytesOf("X")], 1);
    expect(await read(file, 10, 0)).toBe("aXcde");
    expect(await read(file, 2, 3)).toBe("de");
    expect(await file.size()).toBe(5);
    await file.close();
  });

  test("a file that is closed twice, or used behind that, does nothing to another", async () => {
    const { fileSystem, directory } = await make();
    const closed = await fileSystem.open(`${directory}/a`, { create: true });
    await closed.close();
    const other = await fileSystem.open(`${directory}/b`, { create: true });
    await closed.close();
    await other.write([bytesOf("other")], 0);
    await expect(closed.write([bytesOf("a")], 0)).rejects.toThrow();
    await expect(closed.read(new Uint8Array(1), 0)).rejects.toThrow();
    await expect(closed.sync()).rejects.toThrow();
    expect(() => closed.readSync(new Uint8Array(1), 0)).toThrow();
    expect(await read(other, 10, 0)).toBe("other");
    await other.close();
  });

  test("readSync reads what read reads", async () => {
    const { fileSystem, directory } = await make();
    const file = await fileSystem.open(`${directory}/a`, { create: true });
    await file.write([bytesOf("hello")], 0);
    const into = new Uint8Array(4);
    expect(file.readSync(into, 3)).toBe(2);
    expect(textOf(into.subarray(0, 2))).toBe("lo");
    expect(file.readSync(into, 5)).toBe(0);
    expect(file.readSync(into, 500)).toBe(0);
    await file.close();
  });

  test("a gap before a write reads as zeros", async () => {
    const { fileSystem, directory } = await make();
    const file = await fileSystem.open(`${directory}/a`, { create: true });
    await file.write([bytesOf("z")], 3);
    const into = new Uint8Array(4).fill(1);
    expect(await file.read(into, 0)).toBe(4);
    expect([...into]).toEqual([0, 0, 0, 122]);
    await file.close();
  });

  test("many small parts are one write", async () => {
    const { fileSystem, directory } = await make();
    const file = await fileSystem.open(`${directory}/a`, { create: true });
    await file.write(
      Array.from({ length: 3000 }, (_, at) => Uint8Array.of(at & 0xff)),
      0,
    );
    expect(await file.size()).toBe(3000);
    const into = new Uint8Array(3000);
    await file.read(into, 0);
    expect(into[2999]).toBe(2999 & 0xff);
    await file.close();
  });

  test("two handles of one file see the same bytes", async () => {
    const { fileSystem, directory } = await make();
    const one = await fileSystem.open(`${directory}/a`, { create: true });
    const two = await fileSystem.open(`${directory}/a`, { create: true });
    await one.write([bytesOf("shared")], 0);
    await one.sync();
    expect(await read(two, 6, 0)).toBe("shared");
    await one.close();
    await two.close();
  });
}

function namesContract(make: () => Promise<FileSystemUnderTest>): void {
  test("opening an absent file without create is ENOENT", async () => {
    const { fileSystem, directory } = await make();
    const opened = fileSystem.open(`${directory}/none`, { create: false });
    await expect(opened).rejects.toMatchObject({ code: "ENOENT" });
    await expect(fileSystem.readFile(`${directory}/none`)).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  test("creating needs the directory to exist; makeDirectory makes its parents too", async () => {
    const { fileSystem, directory } = await make();
    const path = `${directory}/x/y/z`;
    const opened = fileSystem.open(`${path}/f`, { create: true });
    await expect(opened).rejects.toMatchObject({ code: "ENOENT" });
    await fileSystem.makeDirectory(path);
    await fileSystem.makeDirectory(path);
    await put(fileSystem, `${path}/f`, "1");
    await fileSystem.syncDirectory(path);
    expect(await fileSystem.list(path)).toEqual(["f"]);
    expect(await fileSystem.list(`${directory}/x`)).toEqual(["y"]);
  });

  test("an absent directory lists as an empty one", async () => {
    const { fileSystem, directory } = await make();
    expect(await fileSystem.list(`${directory}/none`)).toEqual([]);
  });

  test("rename replaces, and the old name is gone", async () => {
    const { fileSystem, directory } = await make();
    await put(fileSystem, `${directory}/a`, "new");
    await put(fileSystem, `${directory}/b`, "old, and longer");
    await fileSystem.rename(`${directory}/a`, `${directory}/b`);
    expect(textOf(await fileSystem.readFile(`${directory}/b`))).toBe("new");
    expect(await fileSystem.list(directory)).toEqual(["b"]);
  });

  test("remove takes files and trees, and an absent name is no error", async () => {
    const { fileSystem, directory } = await make();
    await fileSystem.makeDirectory(`${directory}/tree/deep`);
    await put(fileSystem, `${directory}/tree/deep/f`, "1");
    await put(fileSystem, `${directory}/a`, "1");
    await fileSystem.remove(`${directory}/tree`);
    await fileSystem.remove(`${directory}/a`);
    await fileSystem.remove(`${directory}/a`);
    await fileSystem.remove(`${directory}/none/none`);
    expect(await fileSystem.list(directory)).toEqual([]);
  });

  test("an open file outlives its name", async () => {
    const { fileSystem, directory } = await make();
    const file = await fileSystem.open(`${directory}/a`, { create: true });
    await file.write([bytesOf("still")], 0);
    await fileSystem.remove(`${directory}/a`);
    expect(await read(file, 5, 0)).toBe("still");
    await file.close();
  });
}

function lockContract(make: () => Promise<FileSystemUnderTest>): void {
  test("a lock has one holder, and comes free with release", async () => {
    const { fileSystem, directory } = await make();
    const held = await fileSystem.lock(`${directory}/lock`);
    expect(held).toBeDefined();
    expect(await fileSystem.lock(`${directory}/lock`)).toBeUndefined();
    await held?.release();
    const again = await fileSystem.lock(`${directory}/lock`);
    expect(again).toBeDefined();
    await again?.release();
  });
}

async function put(fileSystem: FileSystem, path: string, text: string): Promise<void> {
  const file = await fileSystem.open(path, { create: true });
  await file.write([bytesOf(text)], 0);
  await file.close();
}

async function read(file: FileHandle, length: number, offset: number): Promise<string> {
  const into = new Uint8Array(length);
  const count = await file.read(into, offset);
  return textOf(into.subarray(0, count)) ?? "";
}
