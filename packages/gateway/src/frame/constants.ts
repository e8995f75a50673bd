/** Every limit of the gateway, with its unit and its reason. */

/** One buffered body (JSON, XML, form): DynamoDB's own limit, above what the others send. */
export const BODY_BYTES_MAX: number = 16 * 1024 * 1024;
/**
 * Buffered bodies of all requests that are being read: 16 of the largest. Then others are told to
 * slow down.
 */
export const BODIES_BYTES_MAX: number = 256 * 1024 * 1024;
/** A body up to this long is not counted: requests in work bound these. */
export const SMALL_BODY_BYTES: number = 64 * 1024;
/** How long a buffered body may take, in ms: 16 MiB at 280 KB/s. Each holds a request in work. */
export const BODY_TIMEOUT_MS = 60_000;
/**
 * Request line and headers: S3 takes 8 KiB of headers; session tokens and presigned URLs come on
 * top.
 */
export const HEADER_BYTES_MAX: number = 32 * 1024;
/** Header lines: 2 KiB of user metadata in lines of 16 bytes, and the usual ones. */
export const HEADERS_MAX = 256;
/**
 * What one connection may send ahead of the answer that it waits for, in bytes: sixteen requests of
 * the usual size. The clients of AWS send none.
 */
export const AHEAD_BYTES_MAX: number = 64 * 1024;
/**
 * Requests in work. Each holds a socket and some buffers; the core queues behind them are bounded
 * too.
 */
export const IN_FLIGHT_MAX = 2048;
/**
 * Open sockets, idle ones included; fewer where the process may open few files, since a store that
 * finds no descriptor for its next segment takes no writes.
 */
export const CONNECTIONS_MAX = 8192;

/** Time for all headers to arrive, in ms: slower clients are attackers or gone. */
export const HEADERS_TIMEOUT_MS = 20_000;
/** Time for a TLS handshake, in ms: a few round trips, to the moon and back. */
export const TLS_HANDSHAKE_MS = 10_000;
/** How often connections are looked through for slow headers, in ms. */
export const CONNECTIONS_CHECK_MS = 5000;
/**
 * A socket on which nothing moves, in ms: uploads of any length may take their time, not pause for
 * ever.
 */
export const IDLE_TIMEOUT_MS = 120_000;
/** Between two requests on one connection, in ms: above what SDK connection pools keep (60 s). */
export const KEEP_ALIVE_MS = 75_000;
/**
 * How long a closing server lets requests finish, in ms: below the 10 s after which supervisors
 * kill.
 */
export const DRAIN_MS = 8_000;
/** What is left of a refused body and thrown away so that the client reads the answer, in bytes. */
export const DISCARD_BYTES_MAX: number = 64 * 1024 * 1024;
/** The region of requests that name none (unsigned ones, with `--auth off`). */
export const DEFAULT_REGION = "us-east-1";
/** Body of a request to Firn's own endpoints, in bytes: they carry a few words. */
export const ADMIN_BODY_BYTES_MAX: number = 64 * 1024;
/** Log lines are written together once they fill this many bytes … */
export const LOG_BUFFER_BYTES: number = 8 * 1024;
/** … or are this old, in ms: somebody may be watching. */
export const LOG_FLUSH_MS = 100;
/** Lines that wait for a reader of standard error that is slow, in bytes; further ones are lost. */
export const LOG_PENDING_BYTES_MAX: number = 8 * 1024 * 1024;
/** How long a closing server waits for that reader, in ms. */
export const LOG_CLOSE_MS = 1000;
