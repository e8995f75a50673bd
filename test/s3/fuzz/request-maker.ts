import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ListedOperation } from "../../support/operations.ts";
import type { Chance } from "./chance.ts";
import { documents, spoilers } from "./documents.ts";
import { formOf } from "./forms.ts";
import { memberValue } from "./member-values.ts";
import type { Known } from "./member-values.ts";

export interface Asked {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Declared = ListedOperation["operation"];
type Member = Declared["input"][string];

const OWN = ["plain", "versioned", "locked"];
const BUCKETS = [...OWN, ...OWN, ...OWN, "nobodys", "A_b"];
const KEYS = ["k", "k", "k", "k", "k", "a/b", "%C3%A9", "..", "a//b", "%00", "z".repeat(1030)];

/** A request of the operation, made of what it declares. */
export function makeRequest(operation: Declared, chance: Chance, known: Known): Asked {
  const { name, http, input } = operation;
  if (http === undefined) throw new Error(`${name} has no place`);
  const query = [...(http.query ?? [])];
  const headers: Record<string, string> = {};
  let body: Buffer = Buffer.alloc(0);
  for (const header of http.headers ?? []) {
    headers[header] = memberValue(memberNamed(input, header), { chance, known });
  }
  // Of few optional members most often: each may be a reason to refuse the rest.
  const oneIn = Math.max(1, Object.keys(input).length / chance.pick([0.01, 0.5, 1, 2, 8]));
  for (const [member, shape] of Object.entries(input)) {
    const { in: place = "body", required } = shape.traits;
    if (place === "payload" || place === "body" || shape.kind === "stream") {
      body = bodyOf(name, { shape, chance, known, headers });
    } else if (
      place !== "path" &&
      chance.oneIn(isNeeded(member, required) ? 1 : Math.ceil(oneIn))
    ) {
      addMember({ member, shape, chance, known }, { headers, query });
    }
  }
  if (chance.oneIn(60))
    query.push(chance.pick(["acl", "x-id=PutObject", "torrent", "uploads", "="]));
  const bucket = chance.pick(BUCKETS);
  let path = pathOf(http.path, bucket, chance);
  if (name === "PostObject" && !chance.oneIn(20)) {
    const form = formOf(chance, bucket);
    headers["content-type"] = form.contentType;
    body = form.body;
  }
  if (name === "CompleteMultipartUpload" && known.parts.length > 0 && !chance.oneIn(5)) {
    const [where = "", id = "", number = "", etag = ""] = chance.pick(known.parts).split(" ");
    path = where;
    setQuery(query, "uploadId", id);
    const whole = (documents[name] ?? "").replace("ETAG", etag).replace("NUMBER", number);
    body = chance.spoiled(whole, spoilers);
  } else if (input["UploadId"] !== undefined && known.uploads.length > 0 && !chance.oneIn(5)) {
    const [where = "", id = ""] = chance.pick(known.uploads).split(" ");
    path = where;
    setQuery(query, "uploadId", id);
  }
  const text = query.length === 0 ? "" : `?${query.join("&")}`;
  return { name, method: http.method, path: `${path}${text}`, headers, body };
}

/** Without it the operation is refused at once. */
function isNeeded(member: string, required: boolean | undefined): boolean {
  return required === true || /^(ObjectAttributes|UploadId|PartNumber)$/.test(member);
}

function pathOf(template: string, bucket: string, chance: Chance): string {
  return template
    .replace("{Bucket}", bucket)
    .replace("{Key+}", chance.pick(KEYS))
    .replace(/\{[^}]*\}/g, "x");
}

function memberNamed(input: Declared["input"], header: string): string {
  const found = Object.entries(input).find(([, { traits }]) => traits.name === header);
  return found?.[0] ?? header;
}

interface Adding {
  readonly member: string;
  readonly shape: Member;
  readonly chance: Chance;
  readonly known: Known;
}

function addMember(
  { member, shape, chance, known }: Adding,
  { headers, query }: { readonly headers: Record<string, string>; readonly query: string[] },
): void {
  const wire = shape.traits.name ?? member;
  const values = "values" in shape.traits ? shape.traits.values : undefined;
  const value = memberValue(member, { chance, known, values });
  switch (shape.traits.in) {
    case "query":
      setQuery(query, wire, value);
      return;
    case "headers":
      headers[`${wire}${chance.pick(["a", "crc32", "sha256", "x-y"])}`] = headerText(value);
      return;
    default:
      headers[wire.toLowerCase()] = headerText(value);
  }
}

/** In the place of one of that name: an operation may be told by it. */
function setQuery(query: string[], name: string, value: string): void {
  const others = query.filter((one) => one !== name && !one.startsWith(`${name}=`));
  const text = `${name}=${encodeURIComponent(value).replaceAll("%20", "+")}`;
  query.splice(0, query.length, ...others, text);
}

/** Only what an HTTP client lets through. */
function headerText(value: string): string {
  return value.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "?");
}

function bodyOf(
  name: string,
  {
    shape,
    chance,
    known,
    headers,
  }: Omit<Adding, "member"> & {
    readonly headers: Record<string, string>;
  },
): Buffer {
  if (shape.kind === "stream") return streamed(chance, headers);
  const names = Object.keys(documents);
  const own = documents[name] === undefined || chance.oneIn(30) ? chance.pick(names) : name;
  const text = (documents[own] ?? "")
    .replace("VERSION", chance.pick([...known.versionIds, "null"]))
    .replace("ETAG", chance.pick([...known.etags, '"x"']))
    .replace("NUMBER", chance.pick(["1", "2"]))
    .replace("OWNER", chance.pick([...known.owners, "a".repeat(64)]));
  const body = chance.spoiled(text, spoilers);
  if (!chance.oneIn(12)) {
    headers["content-md5"] = createHash("md5").update(body).digest("base64");
  }
  return body;
}

/** Plain, or in the frames of aws-chunked, whole or not. */
function streamed(chance: Chance, headers: Record<string, string>): Buffer {
  const bytes = Buffer.alloc(chance.pick([0, 1, 5, 300, 70_000]), "x");
  if (chance.oneIn(3)) return bytes;
  headers["content-encoding"] = chance.pick(["aws-chunked", "aws-chunked,gzip", "gzip"]);
  headers["x-amz-decoded-content-length"] = chance.oneIn(12)
    ? chance.pick(["", "-1", "x", "99999999999", "4"])
    : String(bytes.length);
  const isSigned = chance.oneIn(3);
  const hasTrailer = !chance.oneIn(3);
  const kind = isSigned ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" : "STREAMING-UNSIGNED-PAYLOAD";
  headers["x-amz-content-sha256"] = hasTrailer || !isSigned ? `${kind}-TRAILER` : kind;
  if (hasTrailer) {
    headers["x-amz-trailer"] = chance.pick([
      "x-amz-checksum-crc32",
      "x-amz-checksum-crc32",
      "x-amz-checksum-sha256",
      "x",
    ]);
  }
  return framed(bytes, { chance, isSigned, hasTrailer });
}

function framed(
  bytes: Buffer,
  {
    chance,
    isSigned,
    hasTrailer,
  }: {
    readonly chance: Chance;
    readonly isSigned: boolean;
    readonly hasTrailer: boolean;
  },
): Buffer {
  const extension = isSigned ? `;chunk-signature=${"0".repeat(64)}` : "";
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    // Only the last one may have fewer than 8 KiB.
    const length = chance.oneIn(10) ? 1 + chance.below(bytes.length) : 8192 + chance.below(20_000);
    const chunk = bytes.subarray(at, at + length);
    at += chunk.length;
    const size = chance.oneIn(40)
      ? chance.pick(["-1", "x", "", "ffffffffffffffffffff", "0x1", "1 "])
      : chunk.length.toString(16);
    frames.push(Buffer.from(`${size}${extension}\r\n`), chunk, Buffer.from("\r\n"));
  }
  frames.push(Buffer.from(`0${extension}\r\n`));
  if (hasTrailer) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    const value = chance.oneIn(8) ? "x" : sum.toString("base64");
    frames.push(Buffer.from(`x-amz-checksum-crc32:${value}\r\n`));
  }
  frames.push(Buffer.from("\r\n"));
  const whole = Buffer.concat(frames);
  while (chance.oneIn(6)) whole[chance.below(whole.length)] = chance.below(256);
  return chance.oneIn(12) ? whole.subarray(0, chance.below(whole.length)) : whole;
}
