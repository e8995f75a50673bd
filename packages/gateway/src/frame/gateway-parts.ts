import type { Clock } from "@firn/core";
import type { Authenticator } from "./authenticator.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { GatewayLog } from "./gateway-log.ts";
import type { RequestIds } from "./request-ids.ts";

/** What all exchanges of one gateway share. */
export interface GatewayParts {
  readonly authenticator: Authenticator;
  readonly requestIds: RequestIds;
  readonly realClock: Clock;
  readonly log: GatewayLog;
  /** Bytes of buffered bodies. */
  readonly bodies: ByteBudget;
}
