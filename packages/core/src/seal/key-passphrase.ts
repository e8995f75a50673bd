/**
 * A key that somebody remembers. scrypt (RFC 7914) makes 32 bytes of it, slowly and with much
 * memory on purpose; salt and costs stand before each wrapped key, so that they may be raised
 * later.
 *
 *     0        1        2        3        4              20
 *     +--------+--------+--------+--------+--------------+---------------------------------
 *     | 1      | log2 N | r      | p      | salt         | nonce, ciphertext, tag: 60 bytes
 *     +--------+--------+--------+--------+--------------+---------------------------------
 */
import { scrypt } from "node:crypto";
import type { Random } from "../platform/random.ts";
import { NodeRandom } from "../platform/node-random.ts";
import { KEY_BYTES } from "./aead.ts";
import { invalidKey, unwrapWith, wrapWith } from "./key-bytes.ts";
import type { KeyProvider } from "./key-provider.ts";

const FORMAT = 1;
const SALT_BYTES = 16;
const HEAD_BYTES: number = 4 + SALT_BYTES;
/** Below, a passphrase is guessed in no time whatever is done to it. */
const PASSPHRASE_CHARS_MIN = 8;
/** N = 2^17, r = 8, p = 1: 128 MiB and about half a second a guess. */
const COSTS: ScryptCosts = { log2N: 17, r: 8, p: 1 };
/** What a file may ask for at the most: 1 GiB. Its head is not authenticated before it is used. */
const MEMORY_BYTES_MAX: number = 1024 * 1024 * 1024;
const P_MAX = 16;

export interface ScryptCosts {
  /** Logarithm of the number of rounds. */
  readonly log2N: number;
  /** Memory: 128 · r · N bytes. */
  readonly r: number;
  readonly p: number;
}

export interface PassphraseOptions {
  /** At least 8 characters. */
  readonly passphrase: string;
  /** Of keys that are wrapped from now on. Default N = 2^17, r = 8, p = 1: 128 MiB. */
  readonly costs?: ScryptCosts | undefined;
  readonly random?: Random | undefined;
}

/** A provider that makes the key of a passphrase. @throws FIRN_ENCRYPTION_KEY_INVALID. */
export function keyFromPassphrase(options: PassphraseOptions): KeyProvider {
  const { passphrase, costs = COSTS, random = new NodeRandom() } = options;
  if (passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw invalidKey(`a passphrase has at least ${PASSPHRASE_CHARS_MIN} characters`);
  }
  return {
    id: "passphrase",
    wrap: async (data) => {
      const head = Buffer.alloc(HEAD_BYTES);
      head.set([FORMAT, costs.log2N, costs.r, costs.p]);
      head.set(random.bytes(SALT_BYTES), 4);
      const key = await stretch(passphrase, head.subarray(4), costs);
      return Buffer.concat([head, wrapWith(key, data, random)]);
    },
    unwrap: async (wrapped) => {
      const [format, log2N = 0, r = 0, p = 0] = wrapped;
      const stored = { log2N, r, p };
      if (format !== FORMAT || !isBearable(stored)) return undefined;
      const key = await stretch(passphrase, wrapped.subarray(4, HEAD_BYTES), stored);
      return unwrapWith(key, wrapped.subarray(HEAD_BYTES));
    },
  };
}

function isBearable({ log2N, r, p }: ScryptCosts): boolean {
  const memoryBytes = 128 * r * 2 ** log2N;
  return log2N > 0 && r > 0 && p > 0 && p <= P_MAX && memoryBytes <= MEMORY_BYTES_MAX;
}

/** The same passphrase in whatever way its accents were typed. */
function stretch(passphrase: string, salt: Uint8Array, costs: ScryptCosts): Promise<Buffer> {
  const { log2N, r, p } = costs;
  const N = 2 ** log2N;
  const options = { N, r, p, maxmem: 2 * 128 * r * N };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
