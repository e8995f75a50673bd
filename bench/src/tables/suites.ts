import { runInChild } from "../harness/child.ts";
import type { Contender, Form, Suite, Workload } from "../harness/suite.ts";
import type { ItemRun } from "./item-child.ts";
import type { QueryRun } from "./query-child.ts";

const itemChild = new URL("item-child.js", import.meta.url);
const queryChild = new URL("query-child.js", import.meta.url);

/** Items of about 300 bytes in this process, beside the core with the same bytes. */
export function embeddedTablesSuite(): Suite {
  return {
    name: "tables-embedded",
    notes: [],
    workloads: [
      itemWorkload("durable put of 300 bytes, 256 writers", { call: "put", depth: 256 }),
      itemWorkload("cached get of 300 bytes, 64 readers", { call: "get", depth: 64 }),
    ],
  };
}

function itemWorkload(name: string, run: Pick<ItemRun, "call" | "depth">): Workload {
  return {
    name,
    contenders: (["core", "tables"] as const).map((contender) => ({
      name: contender,
      run: (directory, { seconds }) => {
        const input: ItemRun = { ...run, contender, directory, seconds };
        return runInChild(itemChild, input);
      },
    })),
  };
}

/** A Query of a partition of 100 items, in tables of two sizes. */
export function largeTablesSuite(): Suite {
  return {
    name: "tables-large",
    notes: ["random partitions: the store was opened anew; pages that the kernel has are warm"],
    workloads: [
      {
        name: "Query of 100 small items, 4 readers, in a table of (quick: a hundredth of)",
        contenders: [
          queryContender("100,000 items", 100_000),
          queryContender("10,000,000 items", 10_000_000),
        ],
      },
    ],
  };
}

function queryContender(name: string, items: number): Contender {
  return {
    name,
    run: (directory, form) => {
      const input: QueryRun = { directory, items: scaled(items, form), seconds: form.seconds };
      return runInChild(queryChild, input);
    },
  };
}

/** The quick form shows that it runs. */
function scaled(items: number, { name }: Form): number {
  return name === "full" ? items : items / 100;
}
