import { isFixed } from "./glob.ts";
import { parseSubnet } from "./ip-address.ts";
import type { Condition, Policy, Statement } from "./policy-types.ts";

/** Keys that hold a policy back from the public when they ask for fixed values. */
const RESTRICTING: ReadonlySet<string> = new Set([
  "aws:sourcearn",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:sourceowner",
  "aws:sourceaccount",
  "aws:userid",
  "aws:principalorgid",
  "aws:principalaccount",
  "aws:principalarn",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
  "s3:dataaccesspointarn",
  "s3:dataaccesspointaccount",
]);
const EXACT: ReadonlySet<string> = new Set([
  "StringEquals",
  "StringEqualsIgnoreCase",
  "StringLike",
  "ArnEquals",
  "ArnLike",
]);

/**
 * Whether the policy lets in people whom it does not know.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function isPublicPolicy(policy: Policy): boolean {
  return policy.statements.some(isPublicStatement);
}

function isPublicStatement({ effect, principals, conditions }: Statement): boolean {
  if (effect !== "Allow" || principals === undefined) return false;
  return principals.everybody && !conditions.some(restricts);
}

function restricts({ operator, ifExists, key, values, texts }: Condition): boolean {
  if (ifExists) return false;
  if (operator === "IpAddress" && key === "aws:sourceip") return texts.every(isNarrow);
  return EXACT.has(operator) && RESTRICTING.has(key) && values.every(isFixed);
}

/** Networks wider than these are as good as everybody. */
const WIDEST_IPV4 = 8;
const WIDEST_IPV6 = 32;

function isNarrow(text: string): boolean {
  const subnet = parseSubnet(text);
  if (subnet === undefined) return false;
  return subnet.prefix >= (subnet.bits === 128 ? WIDEST_IPV6 : WIDEST_IPV4);
}
