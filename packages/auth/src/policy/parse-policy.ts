import { isConditionOperator } from "./condition-operators.ts";
import { compileGlob } from "./glob.ts";
import { parsePrincipals } from "./parse-principals.ts";
import { PolicyError } from "./policy-error.ts";
import { asObject, asTexts } from "./policy-json.ts";
import type { Json, JsonObject } from "./policy-json.ts";
import type { Condition, PatternList, Policy, Quantifier, Statement } from "./policy-types.ts";

export interface PolicyRules {
  /** A policy of a resource names principals; one of an identity must not. */
  readonly kind: "resource" | "identity";
  /** The longest text, in bytes. */
  readonly bytesMax: number;
}

/**
 * Reads and checks a policy.
 *
 * @throws PolicyError with S3's own sentence.
 */
export function parsePolicy(text: string, rules: PolicyRules): Policy {
  if (Buffer.byteLength(text) > rules.bytesMax) {
    throw new PolicyError("Policy exceeds the maximum allowed document size.");
  }
  if (!text.startsWith("{")) {
    throw new PolicyError("Policies must be valid JSON and the first byte must be '{'");
  }
  const document = asObject(readJson(text), () => new PolicyError("This policy is malformed"));
  checkFields(document, ["Version", "Id", "Statement"]);
  const variables = usesVariables(document["Version"]);
  if (document["Id"] !== undefined && typeof document["Id"] !== "string") throw syntax();
  const statements = document["Statement"];
  if (statements === undefined) throw missing("Statement");
  const list = Array.isArray(statements) ? statements : [statements];
  if (list.length === 0) throw new PolicyError("Could not parse the policy: Statement is empty!");
  return {
    statements: list.map((one, index) => {
      return readStatement(asObject(one, syntax), { rules, variables, index });
    }),
  };
}

interface Place {
  readonly rules: PolicyRules;
  readonly variables: boolean;
  readonly index: number;
}

const FIELDS: readonly string[] = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function readStatement(given: JsonObject, { rules, variables, index }: Place): Statement {
  checkFields(given, FIELDS);
  const { Sid: sid, Effect: effect } = given;
  if (sid !== undefined && typeof sid !== "string") throw syntax();
  if (effect === undefined) throw missing("Effect");
  if (effect !== "Allow" && effect !== "Deny") {
    const told = typeof effect === "string" ? effect.slice(0, TOLD_CHARACTERS) : typeof effect;
    throw new PolicyError(`Invalid effect: ${told}`);
  }
  const principals = parsePrincipals(given, rules.kind);
  if (principals?.negated === true && effect === "Allow") {
    throw new PolicyError("Allow with NotPrincipal is not allowed.");
  }
  const actions = readPatterns(given, "Action", { variables: false });
  if (!actions.texts.every((text) => ACTION.test(text))) {
    throw new PolicyError("Policy has invalid action");
  }
  const resources = readPatterns(given, "Resource", { variables });
  if (!resources.texts.every((text) => text === "*" || ARN.test(text))) {
    throw new PolicyError("Policy has invalid resource");
  }
  return {
    name: sid === undefined || sid === "" ? `statement ${index + 1}` : sid,
    effect,
    principals,
    actions,
    resources,
    conditions: readConditions(given["Condition"], variables),
  };
}

/** Characters of the client's text that an error repeats. */
const TOLD_CHARACTERS = 100;
const ACTION = /^(?:\*|[a-z0-9-]+:[\w*?]+)$/i;
const ARN = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/s;

function readPatterns(
  given: JsonObject,
  name: "Action" | "Resource",
  options: { readonly variables: boolean },
): PatternList {
  const plain = given[name];
  const opposite = given[`Not${name}`];
  if (plain !== undefined && opposite !== undefined) throw syntax();
  const value = plain ?? opposite;
  if (value === undefined) throw missing(name);
  const texts = asTexts(value, syntax);
  if (texts.length === 0) throw missing(name);
  // Actions are told without regard to case.
  const read = name === "Action" ? texts.map((text) => text.toLowerCase()) : texts;
  return {
    negated: opposite !== undefined,
    patterns: read.map((text) => compileGlob(text, options)),
    texts,
  };
}

const QUANTIFIED = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;
const CONDITION_KEY = /^[A-Za-z0-9-]+:[\w.:/@=+ -]+$/;

function readConditions(value: Json | undefined, variables: boolean): Condition[] {
  if (value === undefined) return [];
  return Object.entries(asObject(value, syntax)).flatMap(([name, block]) => {
    const [, quantifier, operator = "", ifExists] = QUANTIFIED.exec(name) ?? [];
    if (!isConditionOperator(operator) || (operator === "Null" && ifExists !== undefined)) {
      throw new PolicyError(`Invalid Condition type : ${name.slice(0, TOLD_CHARACTERS)}`);
    }
    return Object.entries(asObject(block, syntax)).map(([key, wanted]): Condition => {
      if (!CONDITION_KEY.test(key)) throw new PolicyError("Policy has an invalid condition key");
      const texts = asTexts(wanted, syntax);
      return {
        operator,
        quantifier: quantifier as Quantifier | undefined,
        ifExists: ifExists !== undefined,
        key: key.toLowerCase(),
        values: texts.map((text) => compileGlob(text, { variables })),
        texts,
      };
    });
  });
}

const VERSION_WITH_VARIABLES = "2012-10-17";

function usesVariables(version: Json | undefined): boolean {
  if (version === undefined || version === "2008-10-17") return false;
  if (version === VERSION_WITH_VARIABLES) return true;
  throw new PolicyError("The policy must contain a valid version string");
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new PolicyError("This policy contains invalid Json");
  }
}

function checkFields(given: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new PolicyError(`Unknown field ${unknown.slice(0, TOLD_CHARACTERS)}`);
}

function missing(field: string): PolicyError {
  return new PolicyError(`Missing required field ${field}`);
}

function syntax(): PolicyError {
  return new PolicyError("Invalid policy syntax.");
}
