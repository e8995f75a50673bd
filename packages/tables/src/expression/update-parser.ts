import type { SetCall, SetValue, UpdateAction, ValueOperand } from "./ast.ts";
import { Parser, SECTION_RANK, UPDATE_FUNCTION_RANK } from "./parser.ts";

const SECTIONS = ["SET", "REMOVE", "ADD", "DELETE"] as const;
const FUNCTIONS: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);

/** Parses an update expression into its actions, in order. @throws FIRN_TABLE_REQUEST_INVALID. */
export function parseUpdate(source: string): UpdateAction[] {
  const parser = new Parser(source, "UpdateExpression");
  const seen = new Set<string>();
  const actions: UpdateAction[] = [];
  do {
    const section = SECTIONS.find((keyword) => parser.takeKeyword(keyword));
    if (section === undefined) throw parser.syntaxError();
    if (seen.has(section)) {
      parser.postpone(
        SECTION_RANK,
        `The "${section}" section can only be used once in an update expression;`,
      );
    }
    seen.add(section);
    do {
      actions.push(action(parser, section));
    } while (parser.take(","));
  } while (parser.next.kind !== "end");
  parser.finish();
  return actions;
}

function action(parser: Parser, section: (typeof SECTIONS)[number]): UpdateAction {
  parser.countOperator();
  const path = parser.path();
  if (section === "REMOVE") return { kind: "remove", path };
  if (section === "SET") {
    parser.expect("=");
    return { kind: "set", path, value: sum(parser) };
  }
  return { kind: section === "ADD" ? "add" : "delete", path, value: value(parser) };
}

function value(parser: Parser): ValueOperand {
  if (parser.next.kind !== "value") throw parser.syntaxError();
  return { kind: "value", name: parser.advance().text };
}

/** One operand, or two with an operator between: more must stand in parentheses. */
function sum(parser: Parser): SetValue {
  return parser.nested(() => {
    const left = term(parser);
    const operator = parser.isSymbol("+") ? "+" : parser.isSymbol("-") ? "-" : undefined;
    if (operator === undefined) return left;
    parser.advance();
    parser.countOperator();
    return { kind: "arithmetic", operator, left, right: term(parser) };
  });
}

function term(parser: Parser): SetValue {
  if (parser.take("(")) {
    const inner = sum(parser);
    parser.expect(")");
    return inner;
  }
  if (parser.next.kind === "value") return value(parser);
  if (parser.next.kind === "word" && parser.afterNext?.text === "(") return call(parser);
  return { kind: "path", path: parser.path() };
}

function call(parser: Parser): SetCall {
  const name = parser.advance().text;
  parser.countOperator();
  parser.expect("(");
  if (!FUNCTIONS.has(name)) {
    parser.postpone(UPDATE_FUNCTION_RANK, `Invalid function name; function: ${name}`);
  }
  const args = parser.nested(() => {
    const list = [sum(parser)];
    while (parser.take(",")) list.push(sum(parser));
    return list;
  });
  parser.expect(")");
  return { kind: "call", name, args };
}
