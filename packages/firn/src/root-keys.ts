import { packValue, unpackValue } from "@firn/core";
import type { Random, Store } from "@firn/core";
import type { Credentials } from "./options.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** Letters behind `FIRN`: with it as long as AWS's own ids, so that tools which check take them. */
const ID_LETTERS = 16;
/** Bytes of a secret: 40 characters of base64, as AWS's. */
const SECRET_BYTES = 30;

/**
 * Root's access key: the given one from now on, else the kept one, else a new one. Committed in the
 * store, whose directory only its owner can read.
 */
export async function openRootKeys(
  store: Store,
  given: Credentials | undefined,
): Promise<Credentials> {
  const space = await store.openKeySpace("firn");
  const key = Buffer.from("root");
  const drawn = drawCredentials(store.random);
  return store.transact(
    (tx) => {
      const kept = tx.get(space, key);
      if (given === undefined && kept !== undefined) return unpackValue(kept) as Credentials;
      const chosen = given ?? drawn;
      tx.put(space, key, packValue(chosen));
      return chosen;
    },
    { reads: [[space, key]] },
  );
}

function drawCredentials(random: Random): Credentials {
  const letters = [...random.bytes(ID_LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return {
    accessKeyId: `FIRN${letters.join("")}`,
    secretAccessKey: Buffer.from(random.bytes(SECRET_BYTES)).toString("base64"),
  };
}
