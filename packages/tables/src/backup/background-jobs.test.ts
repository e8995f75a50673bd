import { FirnError, ManualClock } from "@firn/core";
import { expect, test, vi } from "vitest";
import { JOB_RETRY_MS } from "../constants.ts";
import { BackgroundJobs } from "./background-jobs.ts";

test("what fails is tried again a minute later, until it is done", async () => {
  const clock = new ManualClock(1000);
  const jobs = new BackgroundJobs(clock);
  let tries = 0;
  jobs.run("copy", async () => {
    await Promise.resolve();
    if (++tries < 3) throw new FirnError("limit", "FIRN_DISK_FULL", "full");
  });
  for (const expected of [1, 2]) {
    await vi.waitFor(() => expect(tries).toBe(expected));
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(JOB_RETRY_MS - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(tries).toBe(expected);
    clock.advance(1);
  }
  await vi.waitFor(() => expect(jobs.isRunning("copy")).toBe(false));
  expect(tries).toBe(3);
});

test("what can never be done is left, and stopping ends what waits", async () => {
  const jobs = new BackgroundJobs(new ManualClock(1000));
  const fail = (code: string) => async (): Promise<void> => {
    await Promise.resolve();
    throw new FirnError("notFound", code, "no");
  };
  jobs.run("lost", fail("FIRN_HISTORY_GONE"));
  jobs.run("later", fail("FIRN_DISK_FULL"));
  await vi.waitFor(() => expect(jobs.isRunning("lost")).toBe(false));
  expect(jobs.isRunning("later")).toBe(true);
  await jobs.stop();
  expect(jobs.isRunning("later")).toBe(false);
  let ran = false;
  jobs.run("afterwards", async () => {
    await Promise.resolve();
    ran = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toBe(false);
});
