import { ServiceError } from "@firn/wire";
import { invalidValue } from "./errors.ts";

/** Eight hex digits are the short form of EC2's first years. */
const DIGITS = /^[0-9a-f]{8}(?:[0-9a-f]{9})?$/;

/** `vol-…` of the right form. @throws InvalidParameterValue. */
export function checkVolumeId(id: string): string {
  return checkId(id, { prefix: "vol-", parameter: "volumeId" });
}

/** `snap-…` of the right form. @throws InvalidParameterValue. */
export function checkSnapshotId(id: string): string {
  return checkId(id, { prefix: "snap-", parameter: "snapshotId" });
}

/** `i-…` of the right form, which is all that it takes. @throws InvalidInstanceID.Malformed. */
export function checkInstanceId(id: string): string {
  if (id.startsWith("i-") && DIGITS.test(id.slice(2))) return id;
  const text = `Invalid id: "${id.slice(0, 64)}" (expecting "i-...")`;
  throw new ServiceError("InvalidInstanceID.Malformed", 400, text);
}

/** What tags are put on. @throws InvalidID. */
export function checkResourceId(id: string): string {
  const isVolume = id.startsWith("vol-") && DIGITS.test(id.slice(4));
  if (isVolume || (id.startsWith("snap-") && DIGITS.test(id.slice(5)))) return id;
  throw new ServiceError("InvalidID", 400, `The ID '${id.slice(0, 64)}' is not valid`);
}

function checkId(id: string, form: { prefix: string; parameter: string }): string {
  const { prefix, parameter } = form;
  if (id.startsWith(prefix) && DIGITS.test(id.slice(prefix.length))) return id;
  const shown = id.slice(0, 64);
  throw invalidValue(
    `Value (${shown}) for parameter ${parameter} is invalid. Expected: '${prefix}...'.`,
  );
}

const DEVICE = /^(?:\/dev\/)?(?:sd|xvd|hd)[a-z]{1,2}\d{0,2}$/;

/** `/dev/sdf`, `xvdba`. @throws InvalidParameterValue. */
export function checkDevice(device: string): string {
  if (DEVICE.test(device)) return device;
  const shown = device.slice(0, 64);
  throw invalidValue(
    `Value (${shown}) for parameter device is invalid. ${shown} is not a valid EBS device name.`,
  );
}
