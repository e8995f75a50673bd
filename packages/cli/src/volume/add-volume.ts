import { Option } from "commander";
import type { Command } from "commander";
import { CommandError } from "../command-error.ts";
import { durationMs } from "../duration.ts";
import type { ServeIo } from "../serve.ts";
import type { ImageFormat } from "./transfers.ts";
import type { VolumeFlags } from "./volume-store.ts";

const HELP = `
Works on a directory that no process has open; with a server running, use its NBD socket and EC2's
and EBS's APIs. Buckets are those of the same store. export and import go on where they were when
they are called again.

Exit codes: 0 success, 1 the store refused or the command was broken off, 2 wrong usage, 3 the
directory is not to be had.`;

/** `firn volume`: volumes and snapshots of a directory. */
export function addVolume(program: Command, io: ServeIo): void {
  const volume = program
    .command("volume")
    .description("block volumes and snapshots of a directory")
    .addHelpText("after", HELP);
  addList(volume, io);
  addCreate(volume, io);
  addSnapshot(volume, io);
  addClone(volume, io);
  addRetention(volume, io);
  addDelete(volume, io);
  addExport(volume, io);
  addImport(volume, io);
}

/** A command with the options that all of them have. */
function addCommand(volume: Command, name: string, description: string): Command {
  return volume
    .command(name)
    .description(description)
    .argument("<directory>")
    .option("--region <REGION>", "whose volumes", "us-east-1")
    .option("--encryption-key-file <FILE>", "the key of an encrypted directory")
    .option("--json", "print JSON");
}

/** Prints what a command has found: as JSON, or as lines. */
async function answer<T>(
  io: ServeIo,
  { json = false }: VolumeFlags,
  work: { readonly run: () => Promise<T>; readonly lines: (found: T) => readonly string[] },
): Promise<void> {
  const found = await work.run();
  if (json) io.print(JSON.stringify(found));
  else for (const line of work.lines(found)) io.print(line);
}

function addList(volume: Command, io: ServeIo): void {
  addCommand(volume, "list", "the volumes and snapshots").action(
    async (directory: string, flags: VolumeFlags) => {
      const { withVolumes } = await import("./volume-store.ts");
      const { listAll, listLines } = await import("./listed.ts");
      const run = () => withVolumes(directory, { flags, io }, listAll);
      await answer(io, flags, { run, lines: listLines });
    },
  );
}

interface CreateFlags extends VolumeFlags {
  readonly size?: number;
  readonly type?: string;
}

function addCreate(volume: Command, io: ServeIo): void {
  addCommand(volume, "create", "make an empty volume")
    .requiredOption("--size <GIB>", "GiB, 1 to 65536", gibFrom)
    .option("--type <TYPE>", "gp3, gp2, io1, io2, st1, sc1 or standard")
    .action(async (directory: string, flags: CreateFlags) => {
      const { withVolumes } = await import("./volume-store.ts");
      const options = { sizeGiB: flags.size, volumeType: flags.type };
      const run = () =>
        withVolumes(directory, { flags, io }, (volumes) => volumes.createVolume(options));
      await answer(io, flags, { run, lines: ({ volumeId }) => [volumeId] });
    });
}

function addSnapshot(volume: Command, io: ServeIo): void {
  addCommand(volume, "snapshot", "freeze a volume as it is, or was")
    .argument("<volume>")
    .option("--description <TEXT>", "kept with the snapshot")
    .option("--at <TIME>", "a moment of its history, as 2026-11-24T10:00:00Z", momentFrom)
    .action(
      async (
        directory: string,
        volumeId: string,
        flags: VolumeFlags & { readonly description?: string; readonly at?: number },
      ) => {
        const { withVolumes } = await import("./volume-store.ts");
        const options = { volumeId, description: flags.description, time: flags.at };
        const run = () =>
          withVolumes(directory, { flags, io }, (volumes) => volumes.createSnapshot(options));
        await answer(io, flags, { run, lines: ({ snapshotId }) => [snapshotId] });
      },
    );
}

function addClone(volume: Command, io: ServeIo): void {
  addCommand(volume, "clone", "make a volume that begins as a snapshot; copies nothing")
    .argument("<snapshot>")
    .option("--size <GIB>", "GiB, when it is to be larger", gibFrom)
    .action(async (directory: string, snapshotId: string, flags: CreateFlags) => {
      const { withVolumes } = await import("./volume-store.ts");
      const options = { snapshotId, sizeGiB: flags.size };
      const run = () =>
        withVolumes(directory, { flags, io }, (volumes) => volumes.createVolume(options));
      await answer(io, flags, { run, lines: ({ volumeId }) => [volumeId] });
    });
}

function addRetention(volume: Command, io: ServeIo): void {
  addCommand(volume, "retention", "keep a volume's past, so that it can be read as of any moment")
    .argument("<volume>")
    .requiredOption("--keep <TIME>", "1m to 365d, as 7d or 12h; 0s for nothing", secondsFrom)
    .action(
      async (
        directory: string,
        volumeId: string,
        flags: VolumeFlags & { readonly keep: number },
      ) => {
        const { withVolumes } = await import("./volume-store.ts");
        const { retentionLines } = await import("./listed.ts");
        const options = { volumeId, seconds: flags.keep };
        const run = () =>
          withVolumes(directory, { flags, io }, (volumes) => volumes.setRetention(options));
        await answer(io, flags, { run, lines: retentionLines });
      },
    );
}

function addDelete(volume: Command, io: ServeIo): void {
  addCommand(volume, "delete", "delete a volume or a snapshot")
    .argument("<id>")
    .action(async (directory: string, id: string, flags: VolumeFlags) => {
      const { withVolumes } = await import("./volume-store.ts");
      const run = () =>
        withVolumes(directory, { flags, io }, async (volumes) => {
          if (id.startsWith("snap-")) await volumes.deleteSnapshot({ snapshotId: id });
          else await volumes.deleteVolume({ volumeId: id });
          return { deleted: id };
        });
      await answer(io, flags, { run, lines: ({ deleted }) => [`${deleted} is deleted`] });
    });
}

function addExport(volume: Command, io: ServeIo): void {
  const formats = new Option("--format <FORMAT>", "a manifest and its blocks, or one image")
    .choices(["blocks", "raw", "qcow2"])
    .default("blocks");
  addCommand(volume, "export", "write a snapshot to a bucket")
    .argument("<snapshot>")
    .argument("<target>", "s3://bucket/prefix")
    .addOption(formats)
    .action(
      async (
        directory: string,
        snapshotId: string,
        target: string,
        flags: VolumeFlags & { readonly format: ImageFormat },
      ) => {
        const { withVolumes } = await import("./volume-store.ts");
        const { bucketPlace, exportTo } = await import("./transfers.ts");
        const transfer = { snapshotId, place: bucketPlace(target), format: flags.format };
        const run = () =>
          withVolumes(directory, { flags, io }, (volumes) => exportTo(volumes, transfer, io));
        await answer(io, flags, { run, lines: ({ bucket, key }) => [`s3://${bucket}/${key}`] });
      },
    );
}

function addImport(volume: Command, io: ServeIo): void {
  addCommand(volume, "import", "make a snapshot of what lies in a bucket")
    .argument("<source>", "s3://bucket/…/manifest.json, or a raw or qcow2 image")
    .option("--description <TEXT>", "kept with the snapshot")
    .action(
      async (
        directory: string,
        source: string,
        flags: VolumeFlags & { readonly description?: string },
      ) => {
        const { withVolumes } = await import("./volume-store.ts");
        const { bucketPlace, importFrom } = await import("./transfers.ts");
        const place = bucketPlace(source);
        const more = { description: flags.description, io };
        const run = () =>
          withVolumes(directory, { flags, io }, (volumes) => importFrom(volumes, place, more));
        await answer(io, flags, { run, lines: ({ snapshotId }) => [snapshotId] });
      },
    );
}

function gibFrom(text: string): number {
  const gib = Number(text);
  if (Number.isSafeInteger(gib) && gib > 0) return gib;
  throw new CommandError(2, `--size must be a whole number of GiB, not ${text}.`);
}

function momentFrom(text: string): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new CommandError(2, `--at must be a time as 2026-11-24T10:00:00Z, not ${text}.`);
}

function secondsFrom(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms / 1000;
  throw new CommandError(2, `--keep must be a duration as 7d or 12h, not ${text}.`);
}
