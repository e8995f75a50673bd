import { FirnError } from "../errors.ts";
import type { IndexFactory, OrderedIndex } from "../index/ordered-index.ts";
import type { FileSystem } from "../platform/file-system.ts";

/** Raised when what index values look like changes: an index with another tag is rebuilt. */
const INDEX_FORMAT_VERSION = 1;
const NAME = /^index(?:-(\d+))?$/;

export interface IndexHome {
  readonly factory: IndexFactory;
  /** Its own folder, in the store's directory. */
  readonly directory: string;
  readonly storeId: string;
  readonly fileSystem: FileSystem;
}

/** An index that was opened to take the place of another one. */
export interface FreshIndex {
  readonly index: OrderedIndex;
  /** Its folder's name. */
  readonly name: string;
  /** Opens it once more after a failed write. */
  reopen(): Promise<void>;
}

/** The store's index, which may be opened again, or replaced, behind its users' backs. */
export class IndexHolder {
  #home: IndexHome;
  #index: OrderedIndex;
  #damage: string | undefined;

  private constructor(home: IndexHome, index: OrderedIndex) {
    this.#home = home;
    this.#index = index;
  }

  /** An index that cannot be opened, or is known to be damaged, is emptied: the log rebuilds it. */
  static async open(home: IndexHome): Promise<IndexHolder> {
    await removeDamaged(home);
    try {
      return new IndexHolder(home, await openIndex(home));
    } catch (error) {
      if (error instanceof FirnError && error.kind !== "corruption") throw error;
      await home.factory.destroy(home.directory, home.fileSystem);
      return new IndexHolder(home, await openIndex(home));
    }
  }

  /** What was found wrong with it, in words, while it has not been replaced. */
  get damage(): string | undefined {
    return this.#damage;
  }

  get index(): OrderedIndex {
    return this.#index;
  }

  async reopen(): Promise<void> {
    await this.#index.close();
    this.#index = await openIndex(this.#home);
  }

  /** Throws the index away: the log makes it again. */
  async rebuild(): Promise<void> {
    const { factory, directory, fileSystem } = this.#home;
    await this.#index.close();
    await factory.destroy(directory, fileSystem);
    this.#index = await openIndex(this.#home);
  }

  /** The index is damaged: the next opening removes it, whatever happens until then. Durable. */
  async rebuildAtOpen(damage: string): Promise<void> {
    this.#damage = damage;
    const { directory, fileSystem } = this.#home;
    const file = await fileSystem.open(markerPath(directory), { create: true });
    await file.close();
    await fileSystem.syncDirectory(parentOf(directory));
  }

  /** An empty index beside this one. */
  async openBeside(): Promise<FreshIndex> {
    const { factory, fileSystem } = this.#home;
    const home = { ...this.#home, directory: this.#nextDirectory() };
    await factory.destroy(home.directory, fileSystem);
    const fresh = {
      index: await openIndex(home),
      name: nameOf(home.directory),
      reopen: async (): Promise<void> => {
        await fresh.index.close();
        fresh.index = await openIndex(home);
      },
    };
    await fileSystem.syncDirectory(parentOf(home.directory));
    return fresh;
  }

  /** It is not to take this one's place after all. */
  async discard(fresh: FreshIndex): Promise<void> {
    const { factory, fileSystem, directory } = this.#home;
    await fresh.index.close();
    await factory.destroy(`${parentOf(directory)}/${fresh.name}`, fileSystem);
  }

  /**
   * From now on `fresh` is the index; the manifest must name it by then. Returns what removes the
   * old one, for when nobody reads from it any more.
   */
  replace(fresh: FreshIndex): () => Promise<void> {
    const old = this.#index;
    const { factory, fileSystem, directory } = this.#home;
    const parent = parentOf(directory);
    this.#home = { ...this.#home, directory: `${parent}/${fresh.name}` };
    this.#index = fresh.index;
    this.#damage = undefined;
    return async () => {
      await old.close();
      await factory.destroy(directory, fileSystem);
      await fileSystem.remove(markerPath(directory));
      await fileSystem.syncDirectory(parent);
    };
  }

  close(): Promise<void> {
    return this.#index.close();
  }

  #nextDirectory(): string {
    const { directory } = this.#home;
    const number = Number(NAME.exec(nameOf(directory))?.[1] ?? 1);
    return `${parentOf(directory)}/index-${number + 1}`;
  }
}

/** What is left of indexes that were replaced, or were to take this one's place. */
async function removeDamaged({ factory, directory, fileSystem }: IndexHome): Promise<void> {
  const parent = parentOf(directory);
  const marker = markerPath(directory);
  const names = await fileSystem.list(parent);
  for (const name of names.filter((one) => NAME.test(one) && one !== nameOf(directory))) {
    await factory.destroy(`${parent}/${name}`, fileSystem);
  }
  if (!names.includes(nameOf(marker))) return;
  await factory.destroy(directory, fileSystem);
  await fileSystem.syncDirectory(parent);
  await fileSystem.remove(marker);
  await fileSystem.syncDirectory(parent);
}

/** Which store and format an index belongs to. */
export function indexTag(storeId: string): string {
  return `${storeId}/${INDEX_FORMAT_VERSION}`;
}

function openIndex({ factory, directory, storeId }: IndexHome): Promise<OrderedIndex> {
  return factory.open(directory, indexTag(storeId));
}

function markerPath(directory: string): string {
  return `${directory}.rebuild`;
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf("/"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
