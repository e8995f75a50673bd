import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { TableRecord } from "../catalog/table-record.ts";
import { EXPORT_FILE_BYTES } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import type { ExportLine } from "./export-lines.ts";
import { exportLines } from "./export-lines.ts";
import type { ObjectSink } from "./table-objects.ts";
import type { ExportRecord } from "./transfer-records.ts";
import { parseTransferArn } from "./transfer-catalog.ts";

/** What an export wrote. */
export interface ExportedFiles {
  readonly items: number;
  readonly bytes: number;
  readonly manifest: string;
}

interface DataFile {
  readonly itemCount: number;
  readonly md5Checksum: string;
  readonly etag: string;
  readonly dataFileS3Key: string;
}

/**
 * Writes an export the way the service lays it out: data files of gzipped lines, a list of them,
 * and a summary. Written again after a restart, the same keys get the same content.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
export async function writeExport(
  context: EngineContext,
  sink: ObjectSink,
  job: {
    readonly table: TableRecord;
    readonly record: ExportRecord;
    readonly signal: AbortSignal;
  },
): Promise<ExportedFiles> {
  const { table, record, signal } = job;
  const { bucket, scope } = record;
  const folder = folderOf(record);
  const put = async (
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<{ readonly eTag: string }> => {
    signal.throwIfAborted();
    const contentType = key.endsWith(".gz") ? "application/gzip" : "application/json";
    return sink.putObject({ accountId: scope.accountId, bucket, key, body, contentType });
  };
  await put(`${folder}_started`, new Uint8Array(0));
  const files: DataFile[] = [];
  const totals = { items: 0, bytes: 0 };
  const lines = new LineReader(exportLines(context.store, table, record));
  try {
    while (await lines.hasMore()) {
      const name = createHash("md5").update(`${record.arn}/${files.length}`).digest("hex");
      const dataFileS3Key = `${folder}data/${name.slice(0, 26)}.json.gz`;
      const file = new HashedFile(lines);
      const { eTag } = await put(dataFileS3Key, file.content());
      const { itemCount, bytes, md5Checksum } = file;
      files.push({ itemCount, md5Checksum, etag: eTag.replaceAll('"', ""), dataFileS3Key });
      totals.items += itemCount;
      totals.bytes += bytes;
    }
  } finally {
    await lines.close();
  }
  const list = Buffer.from(files.map((file) => `${JSON.stringify(file)}\n`).join(""));
  await put(`${folder}manifest-files.json`, list);
  await put(`${folder}manifest-files.md5`, Buffer.from(md5(list)));
  const endMs = context.store.clock.now();
  const summary = Buffer.from(JSON.stringify(summaryOf(record, { folder, totals, endMs })));
  const manifest = `${folder}manifest-summary.json`;
  await put(manifest, summary);
  await put(`${folder}manifest-summary.md5`, Buffer.from(md5(summary)));
  return { ...totals, manifest };
}

function folderOf({ prefix, arn }: ExportRecord): string {
  const id = parseTransferArn(arn)?.id ?? "";
  return `${prefix === "" ? "" : `${prefix}/`}AWSDynamoDB/${id}/`;
}

function summaryOf(
  record: ExportRecord,
  at: {
    readonly folder: string;
    readonly totals: { readonly items: number; readonly bytes: number };
    readonly endMs: number;
  },
): object {
  const { since, prefix } = record;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    version: since === undefined ? "2020-06-30" : "2023-08-01",
    exportArn: record.arn,
    startTime: iso(record.startMs),
    endTime: iso(at.endMs),
    tableArn: record.tableArn,
    tableId: record.tableId,
    ...(since === undefined
      ? { exportTime: iso(record.timeMs) }
      : { exportFromTime: iso(since.fromMs), exportToTime: iso(record.timeMs) }),
    s3Bucket: record.bucket,
    s3Prefix: prefix === "" ? null : prefix,
    s3SseAlgorithm: "AES256",
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${at.folder}manifest-files.json`,
    billedSizeBytes: at.totals.bytes,
    itemCount: at.totals.items,
    outputFormat: "DYNAMODB_JSON",
    ...(since === undefined ? {} : { outputView: since.view }),
    exportType: since === undefined ? "FULL_EXPORT" : "INCREMENTAL_EXPORT",
  };
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

/** Lines one by one, with a look at the next. */
class LineReader {
  readonly #lines: AsyncGenerator<ExportLine>;
  #next: ExportLine | undefined;

  constructor(lines: AsyncGenerator<ExportLine>) {
    this.#lines = lines;
  }

  async hasMore(): Promise<boolean> {
    if (this.#next !== undefined) return true;
    const { done, value } = await this.#lines.next();
    this.#next = done === true ? undefined : value;
    return this.#next !== undefined;
  }

  take(): ExportLine {
    const line = this.#next as ExportLine;
    this.#next = undefined;
    return line;
  }

  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }
}

/** The lines of one file, gzipped as they are read. */
class HashedFile {
  itemCount = 0;
  bytes = 0;
  md5Checksum = "";
  readonly #lines: LineReader;

  constructor(lines: LineReader) {
    this.#lines = lines;
  }

  async *content(): AsyncGenerator<Uint8Array> {
    const hash = createHash("md5");
    const zipped = createGzip();
    // What fails is thrown below.
    pipeline(Readable.from(this.#texts()), zipped, () => undefined);
    for await (const chunk of zipped) {
      hash.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
    this.md5Checksum = hash.digest("base64");
  }

  async *#texts(): AsyncGenerator<Uint8Array> {
    let written = 0;
    while (written < EXPORT_FILE_BYTES && (await this.#lines.hasMore())) {
      const { text, bytes } = this.#lines.take();
      this.itemCount++;
      this.bytes += bytes;
      written += text.length;
      yield text;
    }
  }
}
