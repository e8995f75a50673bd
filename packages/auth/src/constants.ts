/** Every limit of request authentication, with its unit and its reason. */

/** The one algorithm: HMAC with SHA-256. Its asymmetric sister (SigV4A) is refused. */
export const ALGORITHM = "AWS4-HMAC-SHA256";

/** How far a request's time may lie from ours, in ms: S3 names 900,000 in its own error. */
export const CLOCK_SKEW_MS_MAX: number = 15 * 60 * 1000;
/** A presigned URL lives a week at the most (S3's own limit), in seconds. */
export const PRESIGN_SECONDS_MAX = 604_800;
/** Authorization header or one query parameter of it, in characters: lists are the longest part. */
export const AUTHORIZATION_LENGTH_MAX: number = 8 * 1024;
/** Names in SignedHeaders: Node itself takes about 2000 header lines, a signer a few dozen. */
export const SIGNED_HEADERS_MAX = 256;
/** Signing keys kept, one per access key, day, region and service that has signed rightly. */
export const SIGNING_KEYS_MAX = 1024;
/** Authorization headers kept in parsed form: a client program has a handful. */
export const KNOWN_SIGNERS_MAX = 1024;

/** One `size;chunk-signature=…` line: 16 hex digits and a signature make 100 bytes. */
export const CHUNK_HEADER_BYTES_MAX = 256;
/** Largest chunk, in bytes: the largest body that S3 takes in one request. */
export const CHUNK_BYTES_MAX: number = 5 * 1024 ** 3;
/** Every signed chunk but the last has at least this many bytes (S3's rule). */
export const CHUNK_BYTES_MIN: number = 8 * 1024;
/** All trailer lines of one body, in bytes: a checksum and a signature take 200. */
export const TRAILER_BYTES_MAX: number = 4 * 1024;
/** Trailer lines of one body. */
export const TRAILERS_MAX = 16;
