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

function compatibilityPage(service: string, operations: readonly ListedOperation[]): string {
  const title = titles[service] ?? service;
  const rows = operations.map(({ operation }) => {
    const members = Object.entries(operation.input);
    const names = (refused: boolean): string =>
      members
        .filter(([, shape]) => (shape.kind === "unsupported") === refused)
        .map(([name]) => name)
        .join(", ");
    return `| ${operation.name} | ${names(false)} | ${names(true)} |`;
  });
  return [
    `# ${title}: ${operations.length} operations`,
    "",
    `${made} A parameter that is neither taken nor refused by name is`,
    "not known to this operation, as with the service itself.",
    "",
    "| operation | takes | refuses |",
    "| --- | --- | --- |",
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
