import type { StoreStatus } from "@firn/core";
import { callAdmin } from "./admin-client.ts";
import type { AdminTarget } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { openLockedStore } from "./locked-store.ts";
import { bytesText } from "./progress.ts";

/** Lines of key spaces: `--json` has more. */
const KEY_SPACES_SHOWN = 10;

export interface StatusIo {
  readonly print: (line: string) => void;
}

/** The status of a running server's store. @throws CommandError 1, 3. */
export async function serverStatus(
  target: AdminTarget,
  json: boolean,
  io: StatusIo,
): Promise<void> {
  tell((await callAdmin(target, "/_firn/status")) as StoreStatus, json, io);
}

/** The status of a directory that nobody has open: it is opened, and recovered, for it. */
export async function directoryStatus(
  directory: string,
  json: boolean,
  io: StatusIo,
): Promise<void> {
  const store = await openLockedStore(directory, "look at");
  try {
    tell(await store.status(), json, io);
  } finally {
    await store.close();
  }
}

function tell(status: StoreStatus, json: boolean, { print }: StatusIo): void {
  if (json) print(JSON.stringify(status));
  else for (const line of statusLines(status)) print(line);
  const { failure } = status;
  if (failure === undefined) return;
  throw new CommandError(1, `The store takes no writes: ${failure.message}.`);
}

function statusLines(status: StoreStatus): string[] {
  const { storeId, directory, head, index, space, history, pins, scrub, parity } = status;
  const pending = head.lsn - head.durableLsn;
  const lines = [
    `store     ${storeId} in ${directory}`,
    `head      LSN ${head.durableLsn}${pending > 0 ? `, ${pending} records pending` : ""}`,
    `index     ${index.lagRecords} records, ${bytesText(index.lagBytes)} behind`,
    `log       ${space.commitSegments} segments, ${bytesText(space.commitBytes)}` +
      garbageText(space.garbageBytes),
    ...keySpaceLines(status),
    `blobs     ${space.extentSegments} segments, ${bytesText(space.extentBytes)}` +
      garbageText(space.blobGarbageBytes),
    ...(parity.segments === "none" ? [] : [parityText(status)]),
    `scrub     ${scrubText(status)}`,
  ];
  if (history?.oldestLsn !== undefined) lines.push(`history   from LSN ${history.oldestLsn} on`);
  for (const { name, lsn } of pins) lines.push(`pin       ${name} at LSN ${lsn}`);
  for (const problem of [index.failure, parity.failure]) {
    if (problem !== undefined) lines.push(`problem   ${problem}`);
  }
  if (scrub.problems > 0) lines.push(`problem   the last scrub left ${scrub.problems} unrepaired`);
  return lines;
}

/** Those whose garbage is worth a line. */
function keySpaceLines({ space }: StoreStatus): string[] {
  return space.keySpaces
    .filter(({ garbageBytes }) => garbageBytes > 0)
    .slice(0, KEY_SPACES_SHOWN)
    .map(({ space: id, name, bytes, garbageBytes }) => {
      const called = name === undefined ? "" : ` (${name})`;
      const amount = `${bytesText(garbageBytes)} of ${bytesText(bytes)}`;
      return `garbage   key space ${id}${called}: ${amount}`;
    });
}

function garbageText(bytes: number | undefined): string {
  return bytes === undefined ? "" : `, ${bytesText(bytes)} of it garbage`;
}

/** Of a directory nobody knows what a server would give parity. */
function parityText({ parity, space }: StoreStatus): string {
  const { segments, covered, waiting, healed } = parity;
  const bytes = bytesText(space.parityBytes);
  const repaired = healed === 0 ? "" : `; ${healed} repaired when they were read`;
  return `parity    ${segments}: ${covered} segments, ${waiting} to come, ${bytes}${repaired}`;
}

function scrubText({ scrub }: StoreStatus): string {
  const { running, bytes, totalBytes, lastFinishedAtMs } = scrub;
  const last =
    lastFinishedAtMs === undefined
      ? "never finished"
      : `finished ${new Date(lastFinishedAtMs).toISOString()}`;
  return running ? `running, ${bytesText(bytes)} of ${bytesText(totalBytes)}; ${last}` : last;
}
