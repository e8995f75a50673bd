import { ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { BillingMode, TableClass, UnitRates } from "./table-record.ts";
import type { OnDemandThroughput, WarmThroughput } from "./table-requests.ts";

/* Table class, on-demand maximums and warm throughput: what is asked for, checked. */

const CLASSES: readonly string[] = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"];

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkTableClass(wanted: string): TableClass {
  if (CLASSES.includes(wanted)) return wanted as TableClass;
  throw invalid(
    "Invalid table-class parameter provided. Please try again with a valid table-class value: " +
      `[${CLASSES.join(", ")}].`,
  );
}

/** Whose setting it is. */
export interface SettingOwner {
  readonly billingMode: BillingMode;
  /** Of an index; absent for the table. */
  readonly indexName?: string | undefined;
}

/** In an update, -1 takes a maximum away. */
const NO_MAXIMUM = -1;

/**
 * The maximums after a change of them.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function onDemandMaxOf(
  wanted: OnDemandThroughput,
  owner: SettingOwner,
  present: UnitRates = {},
): UnitRates {
  const { maxReadRequestUnits: read, maxWriteRequestUnits: write } = wanted;
  return {
    read: maximum(read, present.read, { ...owner, name: "MaxReadRequestUnits" }),
    write: maximum(write, present.write, { ...owner, name: "MaxWriteRequestUnits" }),
  };
}

function maximum(
  wanted: number | undefined,
  present: number | undefined,
  owner: SettingOwner & { readonly name: string },
): number | undefined {
  if (wanted === undefined) return present;
  const { name, indexName } = owner;
  const what = `${name} for OnDemandThroughput`;
  if (owner.billingMode === "PROVISIONED") {
    const of = indexName === undefined ? "" : ` for index : ${indexName}`;
    throw invalidParameters(
      `${what}${of} cannot be specified when the table BillingMode is PROVISIONED`,
    );
  }
  if (wanted === NO_MAXIMUM) return undefined;
  if (wanted >= 1) return wanted;
  const of = indexName === undefined ? "for table" : `for index : ${indexName}`;
  throw invalidParameters(`Requested ${what} ${of} is outside of valid range`);
}

/** What a table or an index takes at once by itself. */
export function ownWarmth(
  billingMode: BillingMode,
  throughput: { readonly read: number; readonly write: number },
): Required<UnitRates> {
  return billingMode === "PROVISIONED"
    ? { read: throughput.read, write: throughput.write }
    : { read: ON_DEMAND_READ_UNITS, write: ON_DEMAND_WRITE_UNITS };
}

/**
 * Warm throughput as asked for: never less than there is.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function warmOf(
  wanted: WarmThroughput,
  owner: SettingOwner & { readonly least: Required<UnitRates>; readonly isNew: boolean },
): UnitRates {
  const { readUnitsPerSecond: read, writeUnitsPerSecond: write } = wanted;
  if (read === undefined && write === undefined) {
    throw invalidParameters(
      "ReadUnitsPerSecond or WriteUnitsPerSecond must be specified in WarmThroughput",
    );
  }
  return {
    read: warmth(read, { ...owner, kind: "read" }),
    write: warmth(write, { ...owner, kind: "write" }),
  };
}

function warmth(
  wanted: number | undefined,
  owner: Parameters<typeof warmOf>[1] & { readonly kind: "read" | "write" },
): number {
  const { kind, indexName } = owner;
  const least = owner.least[kind] ?? 0;
  if (wanted === undefined || wanted >= least) return wanted ?? least;
  const units = kind === "read" ? "ReadUnitsPerSecond" : "WriteUnitsPerSecond";
  const of = indexName === undefined ? "table" : `index ${indexName}`;
  const requested = `Requested ${units} for WarmThroughput for ${of} is lower than`;
  if (!owner.isNew) {
    throw invalidParameters(
      `${requested} current WarmThroughput, decreasing WarmThroughput is not supported`,
    );
  }
  if (owner.billingMode === "PAY_PER_REQUEST") {
    throw invalidParameters(`${requested} initial throughput for OnDemand`);
  }
  const capacity = kind === "read" ? "ReadCapacityUnits" : "WriteCapacityUnits";
  throw invalidParameters(`${requested} ${capacity} of ProvisionedThroughput`);
}
