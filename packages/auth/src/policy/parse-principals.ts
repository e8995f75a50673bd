import { PolicyError } from "./policy-error.ts";
import { asObject, asTexts } from "./policy-json.ts";
import type { Json, JsonObject } from "./policy-json.ts";
import type { PrincipalList } from "./policy-types.ts";

/**
 * `Principal` or `NotPrincipal` of a statement.
 *
 * @throws PolicyError when there is none in a policy of a resource, or one in that of an identity.
 */
export function parsePrincipals(
  given: JsonObject,
  kind: "resource" | "identity",
): PrincipalList | undefined {
  const { Principal: plain, NotPrincipal: opposite } = given;
  const value = plain ?? opposite;
  if (kind === "identity") {
    if (value === undefined) return undefined;
    throw new PolicyError("Policy document should not specify a principal.");
  }
  if (value === undefined) throw new PolicyError("Missing required field Principal");
  if (plain !== undefined && opposite !== undefined)
    throw new PolicyError("Invalid policy syntax.");
  return { ...readList(value), negated: opposite !== undefined };
}

type Lists = Omit<PrincipalList, "negated">;
const NOBODY: Lists = { everybody: false, accounts: [], arns: [], canonicalIds: [] };

function readList(value: Json): Lists {
  if (value === "*") return { ...NOBODY, everybody: true };
  const lists = Object.entries(asObject(value, invalid)).map(([kind, given]) => {
    return readKind(kind, asTexts(given, invalid));
  });
  if (lists.length === 0) throw invalid();
  return {
    everybody: lists.some(({ everybody }) => everybody),
    accounts: lists.flatMap(({ accounts }) => accounts),
    arns: lists.flatMap(({ arns }) => arns),
    canonicalIds: lists.flatMap(({ canonicalIds }) => canonicalIds),
  };
}

/** Services and federations sign nothing here: they are taken, and nobody is one of them. */
function readKind(kind: string, texts: readonly string[]): Lists {
  switch (kind) {
    case "AWS":
      return {
        ...NOBODY,
        everybody: texts.includes("*"),
        accounts: texts.flatMap((text) => accountOf(text) ?? []),
        arns: texts.filter((text) => text !== "*" && accountOf(text) === undefined).map(checkedArn),
      };
    case "CanonicalUser":
      return { ...NOBODY, canonicalIds: texts };
    case "Service":
    case "Federated":
      return NOBODY;
    default:
      throw invalid();
  }
}

const ACCOUNT = /^(?:\d{12}|arn:aws:iam::([\w-]+):root)$/;
const PRINCIPAL_ARN = /^arn:aws:(?:iam|sts)::[\w-]+:[\w-]+\/[^*]+$/;

function accountOf(text: string): string | undefined {
  const found = ACCOUNT.exec(text);
  return found === null ? undefined : (found[1] ?? text);
}

function checkedArn(text: string): string {
  if (PRINCIPAL_ARN.test(text)) return text;
  throw invalid();
}

function invalid(): PolicyError {
  return new PolicyError("Invalid principal in policy");
}
