import { RealClock, SeededRandom } from "@firn/core";
import type { Clock, Random, Store } from "@firn/core";

/** Who signs with which key, in the gateway's terms. */
export interface TestSigner {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly caller: TestCaller;
}

export interface TestCaller {
  readonly accountId: string;
  readonly arn: string;
  readonly accessKeyId: string;
  readonly canonicalId: string;
  readonly displayName: string;
  readonly isRoot: boolean;
}

/** What a gateway needs beside its services. */
export interface GatewaySetup {
  readonly auth: {
    readonly mode: "on";
    readonly root: TestCaller;
    readonly credentials: (id: string) => TestSigner | undefined;
  };
  readonly clock: Clock;
  readonly advanceClock: (byMs: number) => Promise<void>;
  readonly realClock: Clock;
  readonly random: Random;
  readonly health: () => { readonly status: "ok" };
}

/** The root of an account, as whom a test signs. */
export function testRoot(accessKeyId: string, more: Partial<TestCaller> = {}): TestCaller {
  const { accountId = "000000000000", displayName = "root" } = more;
  const arn = `arn:aws:iam::${accountId}:root`;
  const canonicalId = more.canonicalId ?? "a".repeat(64);
  return { accountId, arn, accessKeyId, canonicalId, displayName, isRoot: true };
}

/** For a gateway over `store` whose callers are these; the first is its root. */
export function gatewaySetup(
  store: Pick<Store, "clock" | "advanceClock">,
  signers: readonly [TestSigner, ...TestSigner[]],
): GatewaySetup {
  const [{ caller: root }] = signers;
  const credentials = (id: string): TestSigner | undefined =>
    signers.find(({ accessKeyId }) => accessKeyId === id);
  return {
    auth: { mode: "on", root, credentials },
    clock: store.clock,
    advanceClock: (byMs) => store.advanceClock(byMs),
    realClock: new RealClock(),
    random: new SeededRandom(1),
    health: () => ({ status: "ok" }),
  };
}
