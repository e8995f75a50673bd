import { FirnError } from "../errors.ts";
import type { IndexFactory, OrderedIndex } from "../index/ordered-index.ts";
import type { FileSystem } from "../platform/file-system.ts";

/** Raised when what index values look like changes: an index with another tag is rebuilt. */
const INDEX_FORMAT_VERSION = 1;

export interface IndexHome {
  readonly factory: IndexFactory;
  readonly directory: string;
  readonly storeId: string;
  readonly fileSystem: FileSystem;
}

/** The store's index, which may be opened again behind its users' backs. */
export class IndexHolder {
  readonly #home: IndexHome;
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

  /** What was found wrong with it, in words; the next opening builds it anew. */
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

  close(): Promise<void> {
    return this.#index.close();
  }
}

async function removeDamaged({ factory, directory, fileSystem }: IndexHome): Promise<void> {
  const parent = parentOf(directory);
  const marker = markerPath(directory);
  if (!(await fileSystem.list(parent)).includes(marker.slice(parent.length + 1))) return;
  await factory.destroy(directory, fileSystem);
  await fileSystem.syncDirectory(parent);
  await fileSystem.remove(marker);
  await fileSystem.syncDirectory(parent);
}

function markerPath(directory: string): string {
  return `${directory}.rebuild`;
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf("/"));
}

/** Which store and format an index belongs to. */
export function indexTag(storeId: string): string {
  return `${storeId}/${INDEX_FORMAT_VERSION}`;
}

function openIndex({ factory, directory, storeId }: IndexHome): Promise<OrderedIndex> {
  return factory.open(directory, indexTag(storeId));
}
