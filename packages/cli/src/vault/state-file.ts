import { readFile, rm, writeFile } from "node:fs/promises";

/** What a command has to remember so that it can go on after it was broken off. */
export class StateFile<T extends object> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** `undefined` when there is none, or one that cannot be read. */
  async read(): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(this.path, "utf8")) as T;
    } catch {
      return undefined;
    }
  }

  async write(state: T): Promise<void> {
    await writeFile(this.path, `${JSON.stringify(state)}\n`);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
