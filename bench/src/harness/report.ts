import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Row } from "./row.ts";
import type { Form, Suite } from "./suite.ts";

/** `bench/results/NAME.json`: an array of rows beside what they were measured on. */
export async function writeResult(
  folder: string,
  result: { suite: Suite; form: Form; machine: Machine; startedAt: string; rows: readonly Row[] },
): Promise<string> {
  const { suite, form, machine, startedAt, rows } = result;
  const file = join(folder, `${suite.name}.json`);
  const { name, seconds } = form;
  const content = {
    ...machine,
    form: name,
    secondsPerRun: seconds,
    startedAt,
    notes: suite.notes,
    rows,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return file;
}

/** The rows as a table, a block per workload. */
export function formatTable(rows: readonly Row[]): string {
  const heads = ["contender", "unit", "median", "min", "max", "runs"] as const;
  const cells = rows.map((row) => heads.map((head) => String(row[head])));
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)),
  );
  const format = (line: readonly string[]): string =>
    line
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  const lines: string[] = [];
  let workload = "";
  for (const [i, row] of rows.entries()) {
    if (row.workload !== workload) {
      workload = row.workload;
      lines.push("", workload, `  ${format(heads)}`);
    }
    lines.push(`  ${format(cells[i] ?? [])}`);
  }
  return lines.join("\n");
}
