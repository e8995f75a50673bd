import { expect, test } from "vitest";
import { errorCodes } from "./support/error-codes.ts";
import { repositoryRoot } from "./support/repository.ts";

/*
 * Pages made from the sources. After a change: `npx vitest run test/generated-docs.test.ts -u`.
 */

test("docs/guide/error-codes.md has every code of every package, with its kind", async () => {
  const lines = [
    "# Error codes",
    "",
    "Made from the sources by `test/generated-docs.test.ts`. What each kind asks of the caller, and",
    "what the core's codes mean, is in [errors.md](errors.md).",
  ];
  let packageName = "";
  for (const error of errorCodes()) {
    if (error.packageName !== packageName) {
      packageName = error.packageName;
      lines.push("", `## @firn/${packageName}`, "", "| code | kind | |", "| --- | --- | --- |");
    }
    lines.push(`| \`${error.code}\` | ${error.kind} | ${error.meaning} |`);
  }
  const page = `${repositoryRoot}docs/guide/error-codes.md`;
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(page);
});
