import type { Command } from "commander";
import { adminTarget, callAdmin } from "../admin-client.ts";
import type { ServeIo } from "../serve.ts";
import type { UsageAsked, directoryUsage } from "./directory-usage.ts";
import { CommandError } from "../command-error.ts";
import { costLines, costReport, minimumDaysOf } from "./cost-report.ts";
import type { MonthsUsage } from "./cost-report.ts";
import { readItemPrices } from "./price-table.ts";

const HELP = `
With a directory: one that no process has open. Without: the store of the running server, with
root's key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Prices are those of AWS in us-east-1 with
their date; a file of the same form (docs/guide/archive.md) changes any of them.`;

interface CostFlags {
  readonly endpoint?: string;
  readonly prices?: string;
  readonly month?: string;
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
    .option("--month <YYYY-MM>", "whose requests and retrievals (default this one)", monthFrom)
    .option("--prices <FILE>", "JSON of prices to use instead, item by item")
    .option("--encryption-key-file <FILE>", "the key of an encrypted directory")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (directory: string | undefined, flags: CostFlags) => {
      const prices = await readItemPrices(flags.prices);
      const asked = { minimumDays: minimumDaysOf(prices), month: flags.month };
      const usage =
        directory === undefined
          ? await serverUsage(io, flags.endpoint, asked)
          : await closedUsage(directory, asked, { ...flags, environment: io.environment });
      const report = costReport(usage, prices);
      if (flags.json === true) io.print(JSON.stringify(report));
      else for (const line of costLines(report)) io.print(line);
    });
}

/** @throws CommandError 2. */
function monthFrom(text: string): string {
  if (/^\d{4}-(?:0[1-9]|1[0-2])$/.test(text)) return text;
  throw new CommandError(2, `--month is a year and a month, as 2026-11, not "${text}".`);
}

async function closedUsage(...of: Parameters<typeof directoryUsage>): Promise<MonthsUsage> {
  const own = await import("./directory-usage.ts");
  return await own.directoryUsage(...of);
}

async function serverUsage(
  io: ServeIo,
  endpoint: string | undefined,
  asked: UsageAsked,
): Promise<MonthsUsage> {
  const target = adminTarget(io.environment, endpoint);
  return (await callAdmin(target, "/_firn/usage", { ...asked })) as MonthsUsage;
}
