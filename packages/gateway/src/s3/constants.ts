/** Every limit of the S3 service, with its unit and its reason. */

/** Policies of buckets kept in parsed form: of 20 KiB at the most, a few KiB as a rule. */
export const POLICIES_KEPT_MAX = 256;
/** Reads of an object that is replaced each time before who may read it is known. */
export const READ_ATTEMPTS_MAX = 8;
