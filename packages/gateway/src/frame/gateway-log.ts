import { LOG_BUFFER_BYTES, LOG_FLUSH_MS, LOG_PENDING_BYTES_MAX } from "./constants.ts";
import type { RequestLog } from "./context.ts";

/** One finished request. */
export interface AccessEntry {
  readonly requestId: string;
  readonly service: string;
  /** Empty when it was not found. */
  readonly operation: string;
  /** HTTP status; 499 when the client was gone before its answer. */
  readonly status: number;
  /** Code of the error that was answered. */
  readonly error: string | undefined;
  /** Why access was denied: which statement of which policy, or what is missing. */
  readonly denial?: string | undefined;
  readonly method: string;
  readonly path: string;
  /** Bytes of the response's body. */
  readonly bytes: number;
  /** From the last header received to the last byte handed to the socket. */
  readonly ms: number;
  readonly accessKeyId: string | undefined;
  readonly remoteAddress: string;
}

/** Where the gateway's lines go. Never holds secrets: no bodies, no signatures, no queries. */
export interface GatewayLog extends RequestLog {
  access(entry: AccessEntry): void;
  /** A log whose lines carry the request's id. */
  of(requestId: string): RequestLog;
  /** Resolves when all lines are with the operating system. */
  flush(): Promise<void>;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const STANDARD_ERROR = 2;

function ignore(): void {}

/** Says nothing: the default of an embedded gateway. */
export const silentLog: GatewayLog = {
  info: ignore,
  warn: ignore,
  error: ignore,
  access: ignore,
  of: () => silentLog,
  flush: () => Promise.resolve(),
};

/**
 * JSON lines on standard error: requests at `info`, refused ones too, faults of the server at
 * `error`. Loads its library on the first call, so that embedded stores do not pay for it.
 */
export async function openLog(level: LogLevel): Promise<GatewayLog> {
  if (level === "silent") return silentLog;
  const { destination, pino, stdTimeFunctions } = await import("pino");
  // A write per line would cost more than all the rest of the gateway.
  const buffering = {
    minLength: LOG_BUFFER_BYTES,
    periodicFlush: LOG_FLUSH_MS,
    maxLength: LOG_PENDING_BYTES_MAX,
  };
  const stream = destination({ dest: STANDARD_ERROR, sync: false, ...buffering });
  const options = {
    level,
    base: null,
    messageKey: "message",
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const root = pino(options, stream);
  return {
    info: (facts, message) => root.info(facts, message),
    warn: (facts, message) => root.warn(facts, message),
    error: (facts, message) => root.error(facts, message),
    access: (entry) => root.info(entry, "request"),
    of: (requestId) => root.child({ requestId }),
    flush: () => new Promise((resolve) => stream.flush(() => resolve())),
  };
}
