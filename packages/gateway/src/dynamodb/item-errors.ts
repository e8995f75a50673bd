/** What every call on items may answer. */
export const readErrors: readonly string[] = [
  "ProvisionedThroughputExceededException",
  "ResourceNotFoundException",
];

/** What every write of items may answer. */
export const writeErrors: readonly string[] = [...readErrors, "ConditionalCheckFailedException"];
