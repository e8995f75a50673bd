/** Where S3 keeps an object's bytes, from the warmest to the coldest. */
export type StorageClass =
  | "STANDARD"
  | "REDUCED_REDUNDANCY"
  | "STANDARD_IA"
  | "INTELLIGENT_TIERING"
  | "ONEZONE_IA"
  | "GLACIER_IR"
  | "GLACIER"
  | "DEEP_ARCHIVE";

/** Classes whose objects must be restored before they can be read. */
export type ColdClass = "GLACIER" | "DEEP_ARCHIVE";

export const storageClasses: readonly StorageClass[] = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "INTELLIGENT_TIERING",
  "ONEZONE_IA",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
];

export function isStorageClass(name: string): name is StorageClass {
  return storageClasses.some((known) => known === name);
}

export function isCold(storageClass: StorageClass): storageClass is ColdClass {
  return storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE";
}

/** Classes for what is seldom read: their bytes are packed. */
export function isInfrequent(storageClass: StorageClass): boolean {
  return storageClass === "STANDARD_IA" || storageClass === "ONEZONE_IA";
}

/**
 * To which classes a lifecycle moves objects of each.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
const transitions: Readonly<Record<StorageClass, readonly StorageClass[]>> = {
  STANDARD: [
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
  ],
  REDUCED_REDUNDANCY: [
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
  ],
  STANDARD_IA: ["INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"],
  INTELLIGENT_TIERING: ["ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"],
  ONEZONE_IA: ["GLACIER", "DEEP_ARCHIVE"],
  GLACIER_IR: ["GLACIER", "DEEP_ARCHIVE"],
  GLACIER: ["DEEP_ARCHIVE"],
  DEEP_ARCHIVE: [],
};

export function mayTransition(from: StorageClass, to: StorageClass): boolean {
  return transitions[from].includes(to);
}

/** Days that an object must have been there before a lifecycle moves it to these classes. */
export const TRANSITION_DAYS_MIN: Partial<Record<StorageClass, number>> = {
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
};
