import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * Runs a module in a process of its own, hands it `input` and takes what it sends back. Contenders
 * do not share a heap, a thread pool or a warmed-up compiler.
 */
export async function runInChild<T>(module: URL, input: unknown): Promise<T> {
  const child = fork(fileURLToPath(module), { serialization: "advanced" });
  child.send(input as object);
  const answer = await nextMessage(child);
  await once(child, "exit");
  return answer as T;
}

/** A module that serves until it is stopped; resolves with what it sends once it is ready. */
export async function startChild<T>(
  module: URL,
  input: unknown,
): Promise<{ readonly ready: T; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(module), { serialization: "advanced" });
  child.send(input as object);
  const ready = (await nextMessage(child)) as T;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return { ready, stop };
}

/** Inside such a process: the input, once. */
export async function receiveInput<T>(): Promise<T> {
  const [input] = (await once(process, "message")) as [T];
  // Without a listener the channel keeps the process no longer, and no timer of the store does.
  process.channel?.ref();
  return input;
}

/** Inside such a process: the answer; the process ends when nothing else keeps it. */
export function sendAnswer(answer: object): void {
  process.send?.(answer, undefined, undefined, () => process.disconnect());
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`a contender's process ended with ${code}`)));
    child.once("error", reject);
  });
}
