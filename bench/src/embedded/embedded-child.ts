import { receiveInput, sendAnswer } from "../harness/child.ts";
import { embeddedRuns } from "./runs.ts";

/** One run of one contender, in this process. */
export interface EmbeddedRun {
  readonly run: string;
  readonly directory: string;
  readonly seconds: number;
}

async function main(): Promise<void> {
  const { run, directory, seconds } = await receiveInput<EmbeddedRun>();
  const start = embeddedRuns[run];
  if (start === undefined) throw new Error(`no run is called ${run}`);
  sendAnswer(await start(directory, seconds));
}

void main();
