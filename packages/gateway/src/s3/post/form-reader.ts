import { ServiceError } from "@firn/wire";

/** Bytes of all fields before the file: S3's limit. */
const FIELDS_BYTES_MAX: number = 20 * 1024;
/** Bytes of one part's headers. */
const PART_HEADERS_BYTES_MAX: number = 4 * 1024;
/** Characters of a boundary (RFC 2046). */
const BOUNDARY_LENGTH_MAX = 70;

export interface FormFile {
  /** Without its folders; empty when the browser names none. */
  readonly name: string;
  readonly contentType: string | undefined;
  /** Can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Form {
  /** By lower-case names. */
  readonly fields: Map<string, string>;
  readonly file: FormFile;
}

/**
 * Reads a form of multipart/form-data up to its file, which is not read yet. Memory: the fields,
 * and one chunk. What comes behind the file is not looked at, as in S3.
 *
 * @throws ServiceError MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InvalidArgument
 * when there is no file.
 */
export async function readForm(source: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const reader = new PartReader(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter stands without the line end in front; what comes before it is a preamble.
  reader.prepend(LINE_END);
  await reader.readUntil(delimiter, FIELDS_BYTES_MAX);
  const fields = new Map<string, string>();
  let bytes = 0;
  while (await hasPart(reader)) {
    const headers = await reader.readUntil(HEADERS_END, PART_HEADERS_BYTES_MAX);
    const part = readHeaders(headers.toString("utf8"));
    if (part.name === "file") {
      const { fileName, contentType } = part;
      return { fields, file: { name: fileName, contentType, body: reader.until(delimiter) } };
    }
    const value = await reader.readUntil(delimiter, FIELDS_BYTES_MAX - bytes);
    bytes += headers.length + value.length;
    fields.set(part.name, value.toString("utf8"));
  }
  const text = "POST requires exactly one file upload per request.";
  const members = { ArgumentName: "file", ArgumentValue: "0" };
  throw new ServiceError("InvalidArgument", 400, text, { members });
}

/** The boundary that a Content-Type names. @throws ServiceError PreconditionFailed for no form. */
export function formBoundary(contentType: string | undefined): string {
  const [, quoted, plain = ""] = BOUNDARY.exec(contentType ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== "" && boundary.length <= BOUNDARY_LENGTH_MAX) return boundary;
  throw new ServiceError(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold",
    { members: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" } },
  );
}

const BOUNDARY = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i;
const LINE_END: Buffer = Buffer.from("\r\n");
const HEADERS_END: Buffer = Buffer.from("\r\n\r\n");
const LAST = "--";

/** Behind a delimiter: two dashes end the form, a line end begins the next part. */
async function hasPart(reader: PartReader): Promise<boolean> {
  const next = (await reader.readExactly(2)).toString("latin1");
  if (next === LAST) return false;
  if (next !== "\r\n") throw malformed();
  // So that a part without headers is one too.
  reader.prepend(LINE_END);
  return true;
}

interface PartHeaders {
  readonly name: string;
  readonly fileName: string;
  readonly contentType: string | undefined;
}

function readHeaders(text: string): PartHeaders {
  const lines = text.split("\r\n");
  const header = (name: string): string | undefined => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  };
  const disposition = header("content-disposition") ?? "";
  const name = parameter(disposition, "name");
  if (!/^form-data\b/i.test(disposition) || name === undefined) throw malformed();
  const path = parameter(disposition, "filename") ?? "";
  const fileName = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return { name: name.toLowerCase(), fileName, contentType: header("content-type") };
}

function parameter(disposition: string, name: string): string | undefined {
  const pattern = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, "i");
  const [, quoted, plain] = pattern.exec(disposition) ?? [];
  return quoted === undefined ? plain : quoted.replaceAll(/\\(["\\])/g, "$1");
}

function malformed(): ServiceError {
  return new ServiceError(
    "MalformedPOSTRequest",
    400,
    "The body of your POST request is not well-formed multipart/form-data.",
  );
}

function tooLarge(): ServiceError {
  return new ServiceError(
    "MaxPostPreDataLengthExceededError",
    400,
    "Your POST request fields preceding the upload file were too large.",
  );
}

/** A stream with a place in it. */
class PartReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  prepend(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  async readExactly(count: number): Promise<Buffer> {
    while (this.#held.length < count) await this.#more();
    return this.#take(count);
  }

  /** What stands before the delimiter; both are taken. */
  async readUntil(delimiter: Buffer, bytesMax: number): Promise<Buffer> {
    let searched = 0;
    for (;;) {
      const at = this.#held.indexOf(delimiter, searched);
      if (at > bytesMax || (at < 0 && this.#held.length > bytesMax + delimiter.length)) {
        throw tooLarge();
      }
      if (at >= 0) {
        const before = this.#take(at);
        this.#take(delimiter.length);
        return before;
      }
      searched = Math.max(0, this.#held.length - delimiter.length + 1);
      await this.#more();
    }
  }

  /** As it comes, but for the last bytes, which may be the begin of the delimiter. */
  async *until(delimiter: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#held.indexOf(delimiter);
      if (at >= 0) {
        if (at > 0) yield this.#take(at);
        return;
      }
      const sure = this.#held.length - delimiter.length + 1;
      if (sure > 0) yield this.#take(sure);
      await this.#more();
    }
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw malformed();
    this.#held = this.#held.length === 0 ? Buffer.from(next.value) : this.#joined(next.value);
  }

  #joined(chunk: Uint8Array): Buffer {
    return Buffer.concat([this.#held, chunk]);
  }
}
