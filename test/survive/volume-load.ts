import type { SeededRandom } from "@firn/core";
import { Firn } from "@firn/firn";
import { NbdClient } from "@firn/testing";
import { contentOf } from "./load.ts";
import type { DeathWatch, Load } from "./load.ts";
import type { ServerProcess } from "./server-process.ts";

const BLOCK = 4096;
const BLOCKS = 192;
const BLOCKS_PER_WRITE = 4;

/** One change of the volume, in the order in which it was sent. */
interface Change {
  readonly first: number;
  readonly count: number;
  /** 0: trimmed. Otherwise what its blocks were made from. */
  readonly version: number;
}

/**
 * Writes, trims and flushes of one volume over NBD. Writes without FUA may be lost, but only the
 * last ones: what is there after a crash is the state after some change, no earlier than the last
 * one that a flush or FUA covered, and nothing of any later one.
 */
export class VolumeLoad implements Load {
  readonly name = "volumes";
  acknowledged = 0;
  readonly #random: SeededRandom;
  readonly #watch: DeathWatch;
  #volumeId = "";
  /** Versions of all blocks before the changes. */
  #settled: number[] = Array.from({ length: BLOCKS }, () => 0);
  #changes: Change[] = [];
  /** So many of the changes are durable. */
  #durable = 0;
  #answered = 0;
  #made = 0;

  constructor(random: SeededRandom, watch: DeathWatch) {
    this.#random = random;
    this.#watch = watch;
  }

  /** Makes the volume in this process, before there is a server: the embedded way in. */
  async make(directory: string): Promise<void> {
    const firn = await Firn.open({ directory, clockMode: { kind: "manual" } });
    try {
      this.#volumeId = (await firn.volumes.createVolume({ sizeGiB: 1 })).volumeId;
    } finally {
      await firn.close();
    }
  }

  /** The volume was made before. */
  async prepare(): Promise<void> {}

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    const state: { nbd?: NbdClient } = {};
    try {
      await this.#watch.until(dead, async () => {
        state.nbd ??= await this.#connect(server);
        await this.#step(state.nbd);
      });
    } finally {
      state.nbd?.destroy();
    }
  }

  #connect({ nbdPort: port }: ServerProcess): Promise<NbdClient> {
    return NbdClient.connect({ at: { host: "127.0.0.1", port }, exportName: this.#volumeId });
  }

  async #step(nbd: NbdClient): Promise<void> {
    const choice = this.#random.float();
    if (choice < 0.15) {
      const covered = this.#changes.length;
      await nbd.flush();
      this.#durable = covered;
    } else {
      await this.#change(nbd, choice);
    }
    this.acknowledged++;
  }

  async #change(nbd: NbdClient, choice: number): Promise<void> {
    const count = 1 + this.#random.below(BLOCKS_PER_WRITE);
    const first = this.#random.below(BLOCKS - count);
    const version = choice < 0.25 ? 0 : ++this.#made;
    this.#changes.push({ first, count, version });
    if (version === 0) {
      await nbd.trim(first * BLOCK, count * BLOCK);
    } else {
      const blocks = Array.from({ length: count }, (_, i) => blockOf(version, first + i));
      const fua = choice > 0.9;
      await nbd.write(first * BLOCK, Buffer.concat(blocks), { fua });
      if (fua) this.#durable = this.#changes.length;
    }
    this.#answered = this.#changes.length;
  }

  async verify(server: ServerProcess): Promise<void> {
    const nbd = await this.#connect(server);
    try {
      const bytes = await nbd.read(0, BLOCKS * BLOCK);
      const found = Array.from({ length: BLOCKS }, (_, i) =>
        versionOf(i, bytes.subarray(i * BLOCK, (i + 1) * BLOCK)),
      );
      this.#checkPrefix(found);
      this.#settled = found;
      this.#changes = [];
      this.#durable = 0;
      this.#answered = 0;
    } finally {
      nbd.destroy();
    }
  }

  #checkPrefix(found: readonly number[]): void {
    const state = [...this.#settled];
    for (let done = 0; ; done++) {
      if (done >= this.#durable && this.#isState(state, found, done)) return;
      const change = this.#changes[done];
      if (change === undefined) break;
      state.fill(change.version, change.first, change.first + change.count);
    }
    const { length } = this.#changes;
    throw new Error(
      `the volume is in no state between change ${this.#durable} (durable) and ${length}`,
    );
  }

  /** Of a change that was not answered, some blocks may be there and some not. */
  #isState(state: readonly number[], found: readonly number[], done: number): boolean {
    const next = this.#changes[done];
    const torn = next !== undefined && done >= this.#answered ? next : undefined;
    return found.every((version, i) => {
      if (version === state[i]) return true;
      const inNext = torn !== undefined && i >= torn.first && i < torn.first + torn.count;
      return inNext && version === torn.version;
    });
  }
}

function blockOf(version: number, block: number): Buffer {
  return contentOf(`version-${version}-of-block-${block}`, BLOCK);
}

/** @throws when a block is neither empty nor one that was written there as a whole. */
function versionOf(block: number, bytes: Buffer): number {
  if (bytes.every((byte) => byte === 0)) return 0;
  const version = Number(/^version-(\d+)-/.exec(bytes.toString("latin1", 0, 30))?.[1]);
  if (!Number.isNaN(version) && blockOf(version, block).equals(bytes)) return version;
  throw new Error(`block ${block} is torn or foreign: ${bytes.toString("latin1", 0, 40)}`);
}
