import { hash } from "node:crypto";
import { Checksums, ServiceError, toBase64 } from "@firn/wire";
import { checksumIn } from "./checksum-headers.ts";
import type { ChecksumHeaders } from "./checksum-headers.ts";

interface SaidOfBody {
  readonly ContentMD5?: string | undefined;
  readonly Checksums?: ChecksumHeaders | undefined;
}

/**
 * A document that deletes or configures must come with a digest, so that a damaged one does
 * nothing: Content-MD5, or any of the checksums that SDKs send today in its place.
 */
export function checkBufferedBody(body: Uint8Array, said: SaidOfBody): void {
  if (checksumIn(said.Checksums) === undefined && said.ContentMD5 === undefined) {
    throw new ServiceError(
      "InvalidRequest",
      400,
      "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    );
  }
  checkDigests(body, said);
}

/** The digests that were sent, if any, must be those of the document. */
export function checkDigests(body: Uint8Array, { ContentMD5, Checksums: said }: SaidOfBody): void {
  const checksum = checksumIn(said);
  if (ContentMD5 !== undefined) checkMd5(body, ContentMD5);
  if (checksum === undefined) return;
  const digest = new Checksums().create(checksum.algorithm);
  digest.update(body);
  if (toBase64(digest.digest()) === checksum.value) return;
  const text = `The ${checksum.algorithm} you specified did not match the calculated checksum.`;
  throw new ServiceError("BadDigest", 400, text);
}

function checkMd5(body: Uint8Array, said: string): void {
  if (Buffer.from(said, "base64").length !== 16) {
    const text = "The Content-MD5 you specified was invalid.";
    throw new ServiceError("InvalidDigest", 400, text, { members: { "Content-MD5": said } });
  }
  const calculated = hash("md5", body, "base64");
  if (calculated === said) return;
  throw new ServiceError(
    "BadDigest",
    400,
    "The Content-MD5 you specified did not match what we received.",
    { members: { ExpectedDigest: said, CalculatedDigest: calculated } },
  );
}
