export { Firn } from "./firn.ts";
export { umbrellaErrors } from "./firn-error.ts";
export type { UmbrellaErrorCode } from "./firn-error.ts";
export type { Credentials, FirnOptions } from "./options.ts";
export type { FirnServer, ListenOptions, ServerAddress } from "./server.ts";
export { isServiceName, serviceNames } from "./service-names.ts";
export type { ServiceName } from "./service-names.ts";
export { version } from "./version.ts";
