import { resolve } from "node:path";
import { readFileSync } from "node:fs";
import { DirectoryTarget, NodeFileSystem, NodeRandom, SealedTarget } from "@firn/core";
import type { BackupTarget } from "@firn/core";
import { CommandError } from "./command-error.ts";
import { S3BackupTarget } from "./s3-backup-target.ts";

const S3 = /^s3:\/\/([^/]+)\/?(.*)$/;
const REGION = "us-east-1";

export interface BackupPlace {
  /** A directory or `s3://BUCKET/PREFIX`. */
  readonly text: string;
  /** A file of 32 bytes that seal the backups; absent: they lie open. */
  readonly keyFile?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The place that a text names. @throws CommandError (2). */
export function backupTarget(
  { text, keyFile }: BackupPlace,
  environment: Environment,
): BackupTarget {
  const target = openTarget(text, environment);
  const path = keyFile ?? environment["FIRN_BACKUP_KEY_FILE"];
  if (path === undefined) return target;
  try {
    return new SealedTarget({ target, key: readFileSync(path), random: new NodeRandom() });
  } catch (error) {
    throw new CommandError(2, `Cannot use the key ${path}: ${(error as Error).message}.`);
  }
}

function openTarget(text: string, environment: Environment): BackupTarget {
  const [, bucket, path] = S3.exec(text) ?? [];
  if (bucket === undefined || path === undefined) {
    if (/^\w+:\/\//.test(text)) {
      throw new CommandError(2, `"${text}" is neither a directory nor s3://BUCKET/PREFIX.`);
    }
    return new DirectoryTarget(resolve(text), new NodeFileSystem());
  }
  const accessKeyId = environment["FIRN_BACKUP_ACCESS_KEY_ID"];
  const secretAccessKey = environment["FIRN_BACKUP_SECRET_ACCESS_KEY"];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const message = "Set FIRN_BACKUP_ACCESS_KEY_ID and FIRN_BACKUP_SECRET_ACCESS_KEY for a bucket.";
    throw new CommandError(2, message);
  }
  const endpoint = environment["FIRN_BACKUP_ENDPOINT"];
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw new CommandError(2, `FIRN_BACKUP_ENDPOINT must be a URL, not "${endpoint}".`);
  }
  return new S3BackupTarget({
    endpoint,
    region: environment["FIRN_BACKUP_REGION"] ?? REGION,
    bucket,
    prefix: path.replace(/\/+$/, ""),
    accessKeyId,
    secretAccessKey,
    sessionToken: environment["FIRN_BACKUP_SESSION_TOKEN"],
  });
}
