import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes } from "./support/error-codes.ts";
import { listOperations } from "./support/operations.ts";
import type { ListedOperation } from "./support/operations.ts";
import { repositoryRoot, textFiles } from "./support/repository.ts";

/*
 * Pages made from the sources. After a change: `npx vitest run test/generated-docs.test.ts -u`.
 */

const made = "Made from the sources by `test/generated-docs.test.ts`.";

const titles: Readonly<Record<string, string>> = {
  s3: "S3",
  dynamodb: "DynamoDB",
  ec2: "EC2",
  ebs: "EBS direct APIs",
  rbin: "Recycle Bin",
  glacier: "Glacier",
};

test("docs/guide/error-codes.md has every code of every package, with its kind", async () => {
  const lines = [
    "# Error codes",
    "",
    `${made} What each kind asks of the caller, and what the core's codes mean,`,
    "is in [errors.md](errors.md).",
  ];
  let packageName = "";
  for (const error of errorCodes()) {
    if (error.packageName !== packageName) {
      packageName = error.packageName;
      lines.push("", `## @firn/${packageName}`, "", "| code | kind | |", "| --- | --- | --- |");
    }
    lines.push(`| \`${error.code}\` | ${error.kind} | ${error.meaning} |`);
  }
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(page("docs/guide/error-codes.md"));
});

test("docs/compatibility has a page for every service, with every operation", async () => {
  for (const [service, operations] of await listOperations()) {
    const file = page(`docs/compatibility/${service}.md`);
    await expect(compatibilityPage(service, operations)).toMatchFileSnapshot(file);
  }
});

test("every operation that the gateway serves is called by an acceptance test", async () => {
  const tests = ["packages", "test"]
    .flatMap((folder) => textFiles(folder, /\.test\.ts$/))
    .map((file) => file.text)
    .join("\n");
  const missing = [...(await listOperations())].flatMap(([service, operations]) =>
    operations
      .filter(({ operation }) => !isCalled(tests, operation.name))
      .map(({ operation }) => `${service} ${operation.name}`),
  );
  expect(missing).toEqual([]);
});

/** Services whose page names each operation's acceptance test, and the file of those tests. */
const shownBy: Readonly<Record<string, string>> = {
  glacier: "packages/gateway/src/glacier/glacier.test.ts",
};

/** The title of the first test of the file that calls the operation. */
function titleOf(path: string, operation: string): string {
  const text = readFileSync(page(path), "utf8");
  const tests = text.split(/^test\(/m).slice(1);
  const found = tests.find((one) => isCalled(one, operation));
  const title = /^\s*"([^"]+)"/.exec(found ?? "")?.[1];
  if (title === undefined) throw new Error(`no test in ${path} calls ${operation}`);
  return title;
}

function compatibilityPage(service: string, operations: readonly ListedOperation[]): string {
  const title = titles[service] ?? service;
  const tests = shownBy[service];
  const rows = operations.map(({ operation }) => {
    const members = Object.entries(operation.input);
    const names = (refused: boolean): string =>
      members
        .filter(([, shape]) => (shape.kind === "unsupported") === refused)
        .map(([name]) => name)
        .join(", ");
    const shown = tests === undefined ? "" : ` ${titleOf(tests, operation.name)} |`;
    return `| ${operation.name} | ${names(false)} | ${names(true)} |${shown}`;
  });
  const more = tests === undefined ? ["", ""] : [" acceptance test |", " --- |"];
  const where =
    tests === undefined ? [] : ["", `The acceptance tests: [${tests}](../../${tests}).`];
  return [
    `# ${title}: ${operations.length} operations`,
    "",
    `${made} A parameter that is neither taken nor refused by name is`,
    "not known to this operation, as with the service itself.",
    ...where,
    "",
    `| operation | takes | refuses |${more[0]}`,
    `| --- | --- | --- |${more[1]}`,
    ...rows,
    "",
  ].join("\n");
}

/** By its command or paginator of the SDK, or as a method of an aggregated client. */
function isCalled(tests: string, name: string): boolean {
  const method = name.charAt(0).toLowerCase() + name.slice(1);
  return new RegExp(`\\b(${name}Command|paginate${name})\\b|\\.${method}\\(`).test(tests);
}

function page(path: string): string {
  return `${repositoryRoot}${path}`;
}
