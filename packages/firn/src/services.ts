import {
  createDynamoDbService,
  createEbsService,
  createDynamoDbStreamsService,
  createEc2Service,
  createGlacierService,
  createRbinService,
  createS3Service,
} from "@firn/gateway";
import type { AnyService, NewBuckets } from "@firn/gateway";
import type { Engines } from "./engines.ts";
import type { ServiceName } from "./service-names.ts";

/** The gateway's services of these names. */
export function createServices(
  engines: Engines,
  { services, ...options }: ServicesOptions,
): AnyService[] {
  const all = services.flatMap((name) => servicesOf({ ...engines, ...options }, name));
  return all.map((service) => engines.meter.metered(service));
}

export interface ServicesOptions {
  readonly services: readonly ServiceName[];
  readonly sseCustomerOverHttp?: boolean | undefined;
  readonly newBuckets?: NewBuckets | undefined;
  readonly websiteDomain?: string | undefined;
}

type Served = Engines & Omit<ServicesOptions, "services">;

function servicesOf(engines: Served, name: ServiceName): AnyService[] {
  switch (name) {
    case "s3":
      return [createS3Service({ ...engines, accounts: engines.identity })];
    case "dynamodb":
      return [createDynamoDbService(engines), createDynamoDbStreamsService(engines)];
    case "ec2":
      return [createEc2Service(engines)];
    case "rbin":
      return [createRbinService(engines)];
    case "ebs":
      return [createEbsService(engines)];
    case "glacier":
      return [createGlacierService(engines)];
  }
}
