import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { archiveSuite } from "./archive/suite.ts";
import { coreSuite } from "./core/suite.ts";
import { volumesSuite } from "./embedded/suites.ts";
import { describeMachine } from "./harness/machine.ts";
import { formatTable, writeResult } from "./harness/report.ts";
import { runSuite } from "./harness/suite.ts";
import type { Form, Suite } from "./harness/suite.ts";
import { gatewaySuite, objectsSuite, tablesSuite } from "./http/suites.ts";
import { tableRivalsSuite } from "./http/table-rivals.ts";
import { objectRivalsSuite } from "./objects/suite.ts";
import { nbdSuite } from "./nbd/suite.ts";
import { embeddedTablesSuite, largeTablesSuite } from "./tables/suites.ts";

const suites: Readonly<Record<string, () => Suite>> = {
  core: coreSuite,
  objects: objectsSuite,
  "object-rivals": objectRivalsSuite,
  tables: tablesSuite,
  "table-rivals": tableRivalsSuite,
  "tables-embedded": embeddedTablesSuite,
  "tables-large": largeTablesSuite,
  volumes: volumesSuite,
  nbd: nbdSuite,
  archive: archiveSuite,
  gateway: gatewaySuite,
};
/** The figures that are quoted: three runs of a minute each. */
const fullForm: Form = { name: "full", seconds: 60, runs: 3, only: [], workload: "" };
/** Does everything run, and roughly how fast? Not to be quoted. */
const quickForm: Form = { name: "quick", seconds: 1, runs: 1, only: [], workload: "" };

const usage = `pnpm bench [NAME…] [--quick | --full] [--seconds N] [--runs N]
           [--only CONTENDER,…] [--workload TEXT]
NAME: ${Object.keys(suites).join(", ")}. Without a name all of them, in the quick form; with a name the full one.`;

async function main(): Promise<void> {
  const { names, form } = readArguments();
  const machine = describeMachine();
  const root = new URL("../", import.meta.url);
  const dataFolder = fileURLToPath(new URL("data", root));
  for (const name of names) {
    const suite = suites[name]?.();
    if (suite === undefined) throw new Error(`no benchmark is called "${name}"\n${usage}`);
    const startedAt = new Date().toISOString();
    const rows = await runSuite(suite, form, dataFolder);
    const result = { suite, form, machine, startedAt, rows };
    const file = await writeResult(fileURLToPath(new URL("results", root)), result);
    console.log(`\n# ${name} (${form.name}: ${form.runs} × ${form.seconds} s)`);
    for (const note of suite.notes) console.log(`note: ${note}`);
    console.log(formatTable(rows));
    console.log(`\nwritten to ${file}`);
  }
}

function readArguments(): { names: readonly string[]; form: Form } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean" },
      full: { type: "boolean" },
      seconds: { type: "string" },
      runs: { type: "string" },
      only: { type: "string" },
      workload: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(usage);
    return { names: [], form: quickForm };
  }
  const full = values.full ?? (positionals.length > 0 && !values.quick);
  const base = full ? fullForm : quickForm;
  return {
    names: positionals.length > 0 ? positionals : Object.keys(suites),
    form: {
      name: base.name,
      seconds: Number(values.seconds ?? base.seconds),
      runs: Number(values.runs ?? base.runs),
      only: values.only?.split(",") ?? [],
      workload: values.workload ?? "",
    },
  };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
