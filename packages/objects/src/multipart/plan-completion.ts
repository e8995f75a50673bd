import { hash } from "node:crypto";
import type { Checksum, ChecksumAlgorithm, Digests } from "../checksum/checksum.ts";
import { combineCrcs, isCombinable } from "../checksum/combine-crc.ts";
import { unquoted } from "../conditions.ts";
import { PARTS_MAX, PART_BYTES_MIN } from "../constants.ts";
import { objectError } from "../errors.ts";
import type { ObjectPart, UploadRecord } from "../layout/records.ts";
import type { CompleteMultipartUploadRequest, CompletedPart } from "../multipart-types.ts";
import type { NumberedPart } from "./uploads.ts";

/** The object that an upload becomes. */
export interface Completion {
  readonly parts: readonly ObjectPart[];
  readonly partsCount: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  /** Uploaded, but not named. */
  readonly dropped: readonly NumberedPart[];
}

export interface CompletionInput {
  readonly upload: UploadRecord;
  /** By number. */
  readonly uploaded: readonly NumberedPart[];
  readonly request: CompleteMultipartUploadRequest;
  readonly digests: Digests;
}

/**
 * Decides what completing an upload gives, without touching anything.
 *
 * @throws FIRN_UPLOAD_PARTS_MISSING, FIRN_UPLOAD_PART_ORDER, FIRN_UPLOAD_PART_INVALID,
 * FIRN_UPLOAD_PART_TOO_SMALL, FIRN_OBJECT_CHECKSUM_MISMATCH, FIRN_UPLOAD_CHECKSUM_TYPE.
 */
export function planCompletion(input: CompletionInput): Completion {
  const { upload, uploaded, request } = input;
  checkOrder(request.parts);
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  const chosen = request.parts.map((asked) => choose(asked, byNumber.get(asked.partNumber)));
  checkSizes(chosen);
  const numbers = new Set(chosen.map((part) => part.partNumber));
  const size = chosen.reduce((sum, part) => sum + part.size, 0);
  if (request.mpuObjectSize !== undefined && request.mpuObjectSize !== size) {
    throw sizeError(request.mpuObjectSize, size);
  }
  const checksum = checksumOf(input, chosen);
  checkChecksum(request, upload, checksum);
  return {
    parts: chosen.flatMap(objectPart),
    partsCount: chosen.length,
    size,
    etag: etagOf(chosen),
    checksum,
    dropped: uploaded.filter((part) => !numbers.has(part.partNumber)),
  };
}

function checkOrder(parts: readonly CompletedPart[]): void {
  if (parts.length === 0 || parts.length > PARTS_MAX) {
    throw objectError("FIRN_UPLOAD_PARTS_MISSING", "An object is completed of 1 to 10,000 parts");
  }
  const rising = parts.every(
    (part, index) => index === 0 || part.partNumber > (parts[index - 1]?.partNumber ?? 0),
  );
  if (rising) return;
  throw objectError(
    "FIRN_UPLOAD_PART_ORDER",
    "The list of parts was not in ascending order. Parts must be ordered by part number.",
  );
}

function choose(asked: CompletedPart, part: NumberedPart | undefined): NumberedPart {
  const sameChecksum = asked.checksum === undefined || asked.checksum === part?.checksum;
  if (part !== undefined && unquoted(asked.eTag) === part.etag && sameChecksum) return part;
  throw objectError(
    "FIRN_UPLOAD_PART_INVALID",
    "One or more of the specified parts could not be found.  The part may not have been " +
      "uploaded, or the specified entity tag may not match the part's entity tag.",
    { detail: { partNumber: asked.partNumber, eTag: asked.eTag } },
  );
}

function checkSizes(parts: readonly NumberedPart[]): void {
  const small = parts.slice(0, -1).find((part) => part.size < PART_BYTES_MIN);
  if (small === undefined) return;
  throw objectError(
    "FIRN_UPLOAD_PART_TOO_SMALL",
    "Your proposed upload is smaller than the minimum allowed size",
    {
      detail: {
        proposedSize: small.size,
        minSizeAllowed: PART_BYTES_MIN,
        partNumber: small.partNumber,
        eTag: small.etag,
      },
    },
  );
}

function etagOf(parts: readonly NumberedPart[]): string {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag, "hex")));
  return `${hash("md5", digests, "hex")}-${parts.length}`;
}

function checksumOf(
  { upload, digests }: CompletionInput,
  parts: readonly NumberedPart[],
): Checksum | undefined {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  if (algorithm === undefined || type === undefined) return undefined;
  const ofParts = parts.map((part) => ({
    digest: Buffer.from(part.checksum ?? "", "base64"),
    size: part.size,
  }));
  if (type === "COMPOSITE") {
    const digest = digests.of(algorithm, Buffer.concat(ofParts.map((part) => part.digest)));
    return { algorithm, type, value: `${base64(digest)}-${parts.length}` };
  }
  return { algorithm, type, value: base64(combined(algorithm, ofParts)) };
}

function combined(
  algorithm: ChecksumAlgorithm,
  parts: Parameters<typeof combineCrcs>[1],
): Uint8Array {
  if (isCombinable(algorithm)) return combineCrcs(algorithm, parts);
  throw objectError("FIRN_UPLOAD_CHECKSUM_TYPE", `${algorithm} has no full-object form`);
}

function checkChecksum(
  request: CompleteMultipartUploadRequest,
  upload: UploadRecord,
  checksum: Checksum | undefined,
): void {
  if (request.checksumType !== undefined && request.checksumType !== upload.checksumType) {
    throw objectError(
      "FIRN_UPLOAD_CHECKSUM_TYPE",
      `The upload was created using the ${upload.checksumType ?? "null"} checksum mode. The ` +
        "complete request must use the same checksum mode.",
    );
  }
  const expected = request.checksum;
  if (expected === undefined) return;
  if (expected.algorithm === checksum?.algorithm && sameValue(expected.value, checksum.value))
    return;
  throw objectError(
    "FIRN_OBJECT_CHECKSUM_MISMATCH",
    `The ${expected.algorithm} you specified did not match the calculated checksum.`,
    { detail: { algorithm: expected.algorithm, calculated: checksum?.value } },
  );
}

/** Clients send a composite checksum with or without the number of its parts. */
function sameValue(expected: string, value: string): boolean {
  return expected === value || (!expected.includes("-") && expected === value.split("-")[0]);
}

function sizeError(expected: number, size: number): Error {
  return objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    `The provided 'x-amz-mp-object-size' header does not match what was computed. Expected size: ` +
      `${expected}, actual size: ${size}`,
    { detail: { argument: "x-amz-mp-object-size", value: expected } },
  );
}

/** Empty parts have no bytes to point at. */
function objectPart(part: NumberedPart): ObjectPart[] {
  const { partNumber: number, blob, size, checksum, key, packed } = part;
  return blob === undefined ? [] : [{ number, blob, size, checksum, key, packed }];
}

function base64(digest: Uint8Array): string {
  return Buffer.from(digest).toString("base64");
}
