import { ServiceError } from "@firn/wire";

/** A request that the API refuses, with its reason. */
export function validationError(
  message: string,
  reason: "INVALID_PAGE_TOKEN" | "INVALID_PARAMETER_VALUE" = "INVALID_PARAMETER_VALUE",
): ServiceError {
  return new ServiceError("ValidationException", 400, message, { members: { Reason: reason } });
}
