/** Every limit of the wire formats, with its unit and its reason. */

/** Nesting of XML elements: the deepest request of S3 (lifecycle filters) has 7. */
export const XML_DEPTH_MAX = 32;
/** Elements of one document: 10,000 parts with five checksums each make 80,000. */
export const XML_ELEMENTS_MAX = 200_000;
/** Nesting of query names (`A.1.B.2`): EC2's deepest has 6 steps. */
export const QUERY_DEPTH_MAX = 16;
/**
 * Parameters of one query body: 1000 filters of 200 values are refused by EC2 itself long before.
 */
export const QUERY_PARAMETERS_MAX = 10_000;
/** Problems told in one answer: what DynamoDB tells. */
export const PROBLEMS_MAX = 10;
/**
 * JSON nesting. DynamoDB allows 32 levels of values, two JSON levels each, and tells deeper ones
 * apart with an error of its own; beyond this much recursion over a document would be a risk.
 */
export const JSON_DEPTH_MAX = 512;
