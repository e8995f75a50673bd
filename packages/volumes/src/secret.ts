import { encodeKey } from "@firn/core";
import type { EngineContext } from "./engine-context.ts";

const SECRET_BYTES = 32;
const secretKey: Uint8Array = encodeKey("x", "secret");

/** The store's secret for tokens, drawn when there is none. */
export async function readSecret(context: EngineContext): Promise<Uint8Array> {
  context.checkOpen();
  const { store, catalog } = context.state;
  const known = await store.get(catalog, secretKey);
  if (known !== undefined) return known;
  const drawn = store.random.bytes(SECRET_BYTES).slice();
  const draw = { reads: [[catalog, secretKey] as const] };
  return store.transact((tx) => {
    const earlier = tx.get(catalog, secretKey);
    if (earlier === undefined) tx.put(catalog, secretKey, drawn);
    return earlier ?? drawn;
  }, draw);
}
