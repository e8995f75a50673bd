import type { Command } from "commander";
import type { UsageLine } from "@firn/core";
import { adminTarget, callAdmin } from "../admin-client.ts";
import type { ServeIo } from "../serve.ts";
import type { directoryUsage } from "./directory-usage.ts";
import { costLines, costReport, minimumDaysOf } from "./cost-report.ts";
import { readItemPrices } from "./price-table.ts";

const HELP = `
With a directory: one that no process has open. Without: the store of the running server, with
root's key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Prices are those of AWS in us-east-1 with
their date; a file of the same form (docs/guide/archive.md) changes any of them.`;

interface CostFlags {
  readonly endpoint?: string;
  readonly prices?: string;
  readonly encryptionKeyFile?: string;
  readonly json?: boolean;
}

/** `firn cost`: what all that is kept would cost a month. */
export function addCost(program: Command, io: ServeIo): void {
  program
    .command("cost")
    .description("what all that is kept would cost at AWS in a month, early deletions included")
    .argument("[directory]")
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--prices <FILE>", "JSON of prices to use instead, item by item")
    .option("--encryption-key-file <FILE>", "the key of an encrypted directory")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (directory: string | undefined, flags: CostFlags) => {
      const prices = await readItemPrices(flags.prices);
      const minimumDays = minimumDaysOf(prices);
      const usage =
        directory === undefined
          ? await serverUsage(io, flags.endpoint, minimumDays)
          : await closedUsage(directory, minimumDays, { ...flags, environment: io.environment });
      const report = costReport(usage, prices);
      if (flags.json === true) io.print(JSON.stringify(report));
      else for (const line of costLines(report)) io.print(line);
    });
}

async function closedUsage(
  ...of: Parameters<typeof directoryUsage>
): Promise<readonly UsageLine[]> {
  const own = await import("./directory-usage.ts");
  return await own.directoryUsage(...of);
}

async function serverUsage(
  io: ServeIo,
  endpoint: string | undefined,
  minimumDays: Readonly<Record<string, number>>,
): Promise<readonly UsageLine[]> {
  const target = adminTarget(io.environment, endpoint);
  const answer = (await callAdmin(target, "/_firn/usage", { minimumDays })) as {
    readonly lines: readonly UsageLine[];
  };
  return answer.lines;
}
