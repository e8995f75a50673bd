import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ServiceError } from "@firn/wire";

/** What logs tell of a request. */

export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
}

/** `undefined`: the connection is not encrypted. */
export function tlsFacts(socket: Socket): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  return { version: socket.getProtocol() ?? "", cipher: socket.getCipher().name };
}

/** What is not implemented is the client's mistake: nobody is to look into it. */
export function isFault({ status }: ServiceError): boolean {
  return status >= 500 && status !== 501;
}

/** Microseconds are as fine as anybody reads. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
