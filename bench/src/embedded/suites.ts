import { runInChild } from "../harness/child.ts";
import type { Contender, Suite } from "../harness/suite.ts";
import type { EmbeddedRun } from "./embedded-child.ts";

const child = new URL("embedded-child.js", import.meta.url);
const FILE = "file, written in place";

/** Blocks of 4 KiB in a region of 256 MiB. */
export function volumesSuite(): Suite {
  return {
    name: "volumes",
    notes: [],
    workloads: [
      {
        name: "random 4 KiB writes, 32 in flight, a flush per 1,024",
        contenders: [contender("firn", "volumeWrites"), contender(FILE, "fileWrites")],
      },
      {
        name: "4 KiB write and flush, one after the other",
        contenders: [contender("firn", "volumeSyncedWrites"), contender(FILE, "fileSyncedWrites")],
      },
      {
        name: "random 4 KiB reads, 32 in flight",
        contenders: [contender("firn", "volumeReads"), contender(FILE, "fileReads")],
      },
      {
        name: "a snapshot of 1 TiB, beside an empty commit",
        contenders: [contender("firn", "volumeSnapshots")],
      },
      {
        name: "a clone of 1 TiB, and its first reads beside the volume's",
        contenders: [contender("firn", "volumeCloneReads")],
      },
      {
        name: "a moment of a volume's past, 1 TiB",
        contenders: [contender("firn", "volumeMoments")],
      },
      {
        name: "open after a kill, 1 TiB",
        contenders: [contender("firn", "volumeOpenAfterKill")],
      },
    ],
  };
}

function contender(name: string, run: string): Contender {
  return {
    name,
    run: (directory, { seconds }) => {
      const input: EmbeddedRun = { run, directory, seconds };
      return runInChild(child, input);
    },
  };
}
