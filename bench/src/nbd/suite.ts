import type { Sample } from "../harness/row.ts";
import type { Contender, Suite, Workload } from "../harness/suite.ts";
import { isInstalled, run } from "./programs.ts";
import { installedServers } from "./servers.ts";
import type { ServerKind } from "./servers.ts";

const MIB: number = 1024 * 1024;
/** All loads stay in what is cached, and the same for all. */
const REGION_BYTES: number = 256 * MIB;

interface Load {
  readonly name: string;
  /** fio's words. */
  readonly words: readonly string[];
  /** What of fio's answer is counted. */
  readonly unit: "operations/s" | "MiB/s";
  readonly only?: (kind: ServerKind) => boolean;
  /** The whole region is read twice before: what is read once is not cached. */
  readonly warm?: boolean;
}

const isDurable = ({ name }: ServerKind): boolean => !/memory/.test(name);

const loads: readonly Load[] = [
  {
    name: "4 KiB random reads, 32 deep, after two passes over all of it",
    words: fio("randread", "4k", 32),
    unit: "operations/s",
    warm: true,
  },
  { name: "4 KiB random writes, 32 deep", words: fio("randwrite", "4k", 32), unit: "operations/s" },
  {
    name: "4 KiB random writes, 32 deep, a flush after each",
    words: [...fio("randwrite", "4k", 32), "--fsync=1"],
    unit: "operations/s",
    only: isDurable,
  },
  {
    name: "128 KiB reads in order, 8 deep, after two passes over all of it",
    words: fio("read", "128k", 8),
    unit: "MiB/s",
    warm: true,
  },
  { name: "128 KiB writes in order, 8 deep", words: fio("write", "128k", 8), unit: "MiB/s" },
];

/** NBD servers under fio, each on a unix socket. */
export function nbdSuite(): Suite {
  const { kinds, notes } = installedServers();
  if (!isInstalled("fio")) {
    const note = "fio is not installed: nothing was measured (apt-get install fio)";
    return { name: "nbd", notes: [note], workloads: [] };
  }
  const plain = loads.map(({ name, only = () => true, ...load }): Workload => ({
    name,
    contenders: kinds.filter(only).map((kind) => contender(kind, load)),
  }));
  return { name: "nbd", notes, workloads: [...plain, snapshotWorkload(kinds)] };
}

/** Random writes right after a snapshot: what copying on write costs. */
function snapshotWorkload(kinds: readonly ServerKind[]): Workload {
  const words = fio("randwrite", "4k", 32);
  const able = kinds.filter(({ name }) => name === "firn" || name.includes("qcow2"));
  return {
    name: "4 KiB random writes, 32 deep, before and right after a snapshot",
    contenders: able.flatMap((kind) => [
      contender(kind, { words, unit: "operations/s" }),
      contender(kind, { words, unit: "operations/s", snapshot: true }),
    ]),
  };
}

function contender(
  kind: ServerKind,
  load: Omit<Load, "name"> & { readonly snapshot?: boolean },
): Contender {
  const { words, unit, snapshot = false, warm = false } = load;
  return {
    name: snapshot ? `${kind.name}, after a snapshot` : kind.name,
    async run(directory, { seconds }) {
      const served = await kind.start({ directory, filledBytes: REGION_BYTES });
      try {
        for (let pass = 0; warm && pass < 2; pass++) {
          await measure(served.uri, fio("read", "128k", 8), "MiB/s");
        }
        if (snapshot) await served.snapshot?.();
        return await measure(served.uri, [...words, "--time_based", `--runtime=${seconds}`], unit);
      } finally {
        await served.stop();
      }
    },
  };
}

function fio(pattern: string, size: string, depth: number): string[] {
  return [`--rw=${pattern}`, `--bs=${size}`, `--iodepth=${depth}`];
}

interface Direction {
  readonly iops: number;
  readonly bw_bytes: number;
}

async function measure(uri: string, words: readonly string[], unit: Load["unit"]): Promise<Sample> {
  const { stdout } = await run("fio", [
    ...["--name=bench", "--ioengine=nbd", `--uri=${uri}`, `--size=${REGION_BYTES}`],
    ...["--output-format=json", ...words],
  ]);
  const told = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
    readonly jobs: readonly { readonly read: Direction; readonly write: Direction }[];
  };
  const [job] = told.jobs;
  const figures = [job?.read, job?.write];
  const sum = (of: (direction: Direction) => number): number =>
    figures.reduce((total, one) => total + (one === undefined ? 0 : of(one)), 0);
  return {
    [unit]: unit === "MiB/s" ? sum(({ bw_bytes: bytes }) => bytes) / MIB : sum(({ iops }) => iops),
  };
}
