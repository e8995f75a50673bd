import { NodeRandom } from "@firn/core";

/**
 * The seed of a random test: `FIRN_SEED` when it is set, so that a failure can be replayed, else a
 * new one. Printed in either case.
 */
export function testSeed(): number {
  // oxlint-disable-next-line no-restricted-globals -- the one place where tests meet the machine
  const { env, stderr } = process;
  const seed = Number(env["FIRN_SEED"] ?? Math.floor(new NodeRandom().float() * 2 ** 31));
  stderr.write(`FIRN_SEED=${seed}\n`);
  return seed;
}
