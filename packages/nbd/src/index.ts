export { NbdServer } from "./nbd-server.ts";
export type { NbdServerOptions, NbdTlsOptions } from "./nbd-server.ts";
export { nbdErrors } from "./nbd-error.ts";
export type { NbdErrorCode } from "./nbd-error.ts";
