import { randomInt } from "node:crypto";

/**
 * The seed of a random test: `FIRN_SEED` when it is set, so that a failure can be replayed, else a
 * new one. Printed in either case.
 */
export function testSeed(): number {
  const given = process.env.FIRN_SEED;
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  process.stderr.write(`FIRN_SEED=${seed}\n`);
  return seed;
}
