export { NbdServer } from "./nbd-server.ts";
export type { NbdServerOptions } from "./nbd-server.ts";
export { nbdErrors } from "./nbd-error.ts";
export type { NbdErrorCode } from "./nbd-error.ts";
