import type { BlobId, BlobRange, KeySpaceId, ReadView, Store } from "@firn/core";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";

/**
 * The engine for calls that only read, as of a view: what they ask of the store comes from then.
 * Buckets themselves are found as they are now, since who may look, and where, is not of the past.
 */
export function pastEngine(engine: Engine, view: ReadView): Engine {
  const { store, root } = engine;
  const get = (space: KeySpaceId, key: Uint8Array): Promise<Uint8Array | undefined> =>
    space === root ? store.get(space, key) : view.get(space, key);
  // Whoever takes a view closes it; this one stays open for as long as its owner needs it.
  const close = (): void => {};
  const seen: ReadView = {
    lsn: view.lsn,
    get,
    page: (space, page) => view.page(space, page),
    range: (space, range) => view.range(space, range),
    close,
    [Symbol.dispose]: close,
  };
  const blobs: Store["blobs"] = {
    stage: refuseWrite,
    stageBytes: refuseWrite,
    discard: refuseWrite,
    size: (id: BlobId) => store.blobs.size(id, { view }),
    read: (id: BlobId, range?: BlobRange) => store.blobs.read(id, { ...range, view }),
    readSmall: (id: BlobId) => store.blobs.readSmall(id, { view }),
  };
  const own = { get, read: get, view: () => seen, blobs };
  return { ...engine, store: withOverrides(store, own) };
}

function withOverrides(store: Store, own: Pick<Store, "get" | "read" | "view" | "blobs">): Store {
  const overrides: Partial<Store> = { ...own, transact: refuseWrite };
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return overrides[name as keyof Store];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function refuseWrite(): never {
  throw objectError("FIRN_BUCKET_REWIND_TIME", "The past cannot be changed.");
}
