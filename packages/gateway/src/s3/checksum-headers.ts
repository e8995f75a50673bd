import type { Checksum, ChecksumAlgorithm, ChecksumRequest } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { BodyStream } from "@firn/wire";
import type { RawRequest } from "../frame/context.ts";

/** Headers `x-amz-checksum-*`, by what stands behind that. */
export type ChecksumHeaders = Readonly<Record<string, string>>;

const algorithms: ReadonlyMap<string, ChecksumAlgorithm> = new Map([
  ["crc32", "CRC32"],
  ["crc32c", "CRC32C"],
  ["crc64nvme", "CRC64NVME"],
  ["sha1", "SHA1"],
  ["sha256", "SHA256"],
]);
/** `x-amz-checksum-` headers that are not values. */
const OTHERS: readonly string[] = ["algorithm", "mode", "type"];
const PREFIX = "x-amz-checksum-";

/** The algorithm of a name such as `CRC32`. @throws ServiceError InvalidRequest. */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const algorithm = algorithms.get(name.toLowerCase());
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: " +
      "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

/** The one checksum value among the headers. @throws ServiceError when there are several. */
export function checksumIn(
  headers: ChecksumHeaders | undefined,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  if (headers === undefined) return undefined;
  const given = Object.entries(headers).filter(([name]) => !OTHERS.includes(name));
  if (given.length > 1) {
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const [name, value] = given[0] ?? [];
  if (name === undefined || value === undefined) return undefined;
  return { algorithm: algorithmNamed(name), value };
}

export interface BodyChecksum {
  readonly headers: ChecksumHeaders | undefined;
  /** `x-amz-sdk-checksum-algorithm`. */
  readonly announced: string | undefined;
  readonly body: BodyStream;
  readonly raw: RawRequest;
}

/** The checksum that a body must have: in a header, or in a trailer that comes behind the body. */
export function bodyChecksum(request: BodyChecksum): ChecksumRequest | undefined {
  const inHeader = checksumIn(request.headers);
  const trailer = request.raw.headers["x-amz-trailer"];
  if (inHeader !== undefined) return inHeader;
  if (typeof trailer === "string" && trailer.trim() !== "") {
    return trailingChecksum(trailer.trim().toLowerCase(), request.body);
  }
  if (request.announced === undefined) return undefined;
  throw invalidRequest(
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or " +
      "x-amz-trailer headers were found.",
  );
}

function trailingChecksum(name: string, body: BodyStream): ChecksumRequest {
  if (!name.startsWith(PREFIX)) {
    throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
  }
  const algorithm = algorithmNamed(name.slice(PREFIX.length));
  return { algorithm, value: () => trailerValue(name, body) };
}

function trailerValue(name: string, body: BodyStream): string {
  const value = body.trailers.get(name);
  if (value !== undefined) return value;
  throw new ServiceError(
    "MalformedTrailerError",
    400,
    "The request contained trailing data that was not well-formed or did not conform to our " +
      "published schema.",
  );
}

/** A stored checksum as headers of a response. */
export function checksumHeaders(
  checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined,
  type?: Checksum["type"],
): ChecksumHeaders {
  if (checksum === undefined) return {};
  const value = { [checksum.algorithm.toLowerCase()]: checksum.value };
  return type === undefined ? value : { ...value, type };
}

/** A stored checksum as XML members: `ChecksumCRC32`, …. */
export function checksumMembers(
  checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined,
): Readonly<Record<`Checksum${ChecksumAlgorithm}`, string | undefined>> {
  const of = (algorithm: ChecksumAlgorithm): string | undefined =>
    checksum?.algorithm === algorithm ? checksum.value : undefined;
  return {
    ChecksumCRC32: of("CRC32"),
    ChecksumCRC32C: of("CRC32C"),
    ChecksumCRC64NVME: of("CRC64NVME"),
    ChecksumSHA1: of("SHA1"),
    ChecksumSHA256: of("SHA256"),
  };
}

function invalidRequest(message: string): ServiceError {
  return new ServiceError("InvalidRequest", 400, message);
}
