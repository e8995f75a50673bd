/**
 * Names that nearly every request carries, as clients write them, to their lower-case form: one
 * look-up, where checking and changing a name costs three times as much. Others are read anyway.
 */
export const HEADER_NAMES: ReadonlyMap<string, string> = new Map(
  [
    "Accept",
    "Accept-Encoding",
    "Amz-Sdk-Invocation-Id",
    "Amz-Sdk-Request",
    "Authorization",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "Expect",
    "Host",
    "If-Match",
    "If-None-Match",
    "Range",
    "Transfer-Encoding",
    "User-Agent",
    "X-Amz-Content-Sha256",
    "X-Amz-Content-SHA256",
    "X-Amz-Date",
    "X-Amz-Decoded-Content-Length",
    "X-Amz-Sdk-Checksum-Algorithm",
    "X-Amz-Security-Token",
    "X-Amz-Target",
    "X-Amz-Trailer",
    "X-Amz-User-Agent",
  ].flatMap((name) => [
    [name, name.toLowerCase()],
    [name.toLowerCase(), name.toLowerCase()],
  ]),
);
