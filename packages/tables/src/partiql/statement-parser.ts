import { STATEMENT_CHARACTERS_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { ReturnValues } from "../engine/requests.ts";
import type { Condition, RawPath } from "../expression/ast.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import { parseCondition, parsePath } from "./condition-parser.ts";
import { Cursor } from "./cursor.ts";
import { malformed } from "./malformed.ts";
import { Naming } from "./naming.ts";
import type {
  DeleteStatement,
  InsertStatement,
  OrderTerm,
  SelectStatement,
  Statement,
  UpdateStatement,
} from "./statement.ts";
import { parseActions } from "./update-parser.ts";
import { parseItem } from "./value-parser.ts";

/**
 * Parses one statement and puts the parameters in their places.
 * @throws FIRN_TABLE_REQUEST_INVALID in DynamoDB's words.
 */
export function parseStatement(
  source: string,
  parameters: readonly AttributeValue[] = [],
): Statement {
  if (source.length > STATEMENT_CHARACTERS_MAX) throw malformed("");
  const grammar = new StatementGrammar(new Cursor(source), new Naming(parameters));
  return grammar.whole();
}

interface Returning {
  readonly text: string;
  readonly values: Exclude<ReturnValues, "NONE">;
}

class StatementGrammar {
  readonly #cursor: Cursor;
  readonly #naming: Naming;

  constructor(cursor: Cursor, naming: Naming) {
    this.#cursor = cursor;
    this.#naming = naming;
  }

  whole(): Statement {
    const statement = this.#statement();
    this.#cursor.finish();
    this.#naming.checkAllUsed();
    return statement;
  }

  #statement(): Statement {
    const cursor = this.#cursor;
    if (cursor.takeKeyword("SELECT")) return this.#select();
    if (cursor.takeKeyword("INSERT")) return this.#insert();
    if (cursor.takeKeyword("UPDATE")) return this.#update();
    if (cursor.takeKeyword("DELETE")) return this.#delete();
    if (cursor.takeKeyword("FROM")) return this.#updateFrom();
    if (cursor.isKeyword("EXISTS") && cursor.afterNext.text === "(") return this.#exists();
    throw malformed("Expected data manipulation");
  }

  #exists(): Statement {
    const cursor = this.#cursor;
    cursor.advance();
    cursor.expect("(");
    cursor.expectKeyword("SELECT");
    const select = this.#select();
    cursor.expect(")");
    return { kind: "exists", select };
  }

  #select(): SelectStatement {
    const cursor = this.#cursor;
    const projection = this.#projection();
    cursor.expectKeyword("FROM");
    if (!cursor.isName()) throw cursor.unexpected();
    const tableName = this.#pathComponent();
    const indexName = cursor.take(".") ? this.#indexName() : undefined;
    if (cursor.isSymbol(".")) {
      throw invalid("A path may contain at most 2 components in the FROM clause");
    }
    this.#refuseAlias();
    const where = this.#where();
    const orderBy = this.#orderBy();
    const naming = this.#naming;
    return { kind: "select", naming, tableName, indexName, projection, where, orderBy };
  }

  #indexName(): string {
    if (!this.#cursor.isName()) throw malformed("Invalid path dot component");
    return this.#pathComponent();
  }

  #pathComponent(): string {
    const { text } = this.#cursor.advance();
    if (text === "") throw invalid("Path component cannot be an empty string");
    return text;
  }

  #projection(): RawPath[] | undefined {
    const cursor = this.#cursor;
    if (cursor.take("*")) {
      if (!cursor.isSymbol(",")) return undefined;
      throw invalid("Other attributes should not be present in the projection when '*' is used.");
    }
    const paths: RawPath[] = [];
    do {
      const { next } = cursor;
      if (next.kind === "word" && cursor.afterNext.text === "(") {
        throw cursor.located("Unexpected path component", next);
      }
      paths.push(parsePath(cursor, this.#naming));
      this.#refuseAlias();
    } while (cursor.take(","));
    return paths;
  }

  #refuseAlias(): void {
    if (this.#cursor.isKeyword("AS") || this.#cursor.isName()) {
      throw invalid("Aliasing is not supported");
    }
  }

  #where(): Condition | undefined {
    if (!this.#cursor.takeKeyword("WHERE")) return undefined;
    return parseCondition(this.#cursor, this.#naming);
  }

  #orderBy(): OrderTerm[] {
    const cursor = this.#cursor;
    const terms: OrderTerm[] = [];
    if (!cursor.takeKeyword("ORDER")) return terms;
    cursor.expectKeyword("BY");
    do {
      if (!cursor.isName()) throw cursor.unexpected();
      const attribute = cursor.advance().text;
      const descending = cursor.takeKeyword("DESC");
      if (!descending) cursor.takeKeyword("ASC");
      terms.push({ attribute, descending });
    } while (cursor.take(","));
    return terms;
  }

  #insert(): InsertStatement {
    const cursor = this.#cursor;
    cursor.expectKeyword("INTO");
    const tableName = this.#tableName();
    if (!cursor.takeKeyword("VALUE")) throw malformed("Unexpected token after expression");
    const item = parseItem(cursor, this.#naming);
    if (cursor.isKeyword("RETURNING")) throw invalid("RETURNING is not supported in INSERT");
    return { kind: "insert", naming: this.#naming, tableName, item };
  }

  #update(): UpdateStatement {
    const tableName = this.#tableName();
    this.#refuseAlias();
    const actions = parseActions(this.#cursor, this.#naming);
    if (actions.length === 0) throw this.#cursor.unexpected();
    const where = this.#where();
    const returning = this.#returning()?.values;
    return { kind: "update", naming: this.#naming, tableName, actions, where, returning };
  }

  /** The other order of an UPDATE: `FROM table WHERE … SET …`. */
  #updateFrom(): UpdateStatement {
    const tableName = this.#tableName();
    this.#refuseAlias();
    const where = this.#where();
    const actions = parseActions(this.#cursor, this.#naming);
    if (actions.length === 0) throw this.#cursor.unexpected();
    const returning = this.#returning()?.values;
    return { kind: "update", naming: this.#naming, tableName, actions, where, returning };
  }

  #delete(): DeleteStatement {
    this.#cursor.expectKeyword("FROM");
    const tableName = this.#tableName();
    this.#refuseAlias();
    const where = this.#where();
    const returning = this.#returning();
    if (returning !== undefined && returning.values !== "ALL_OLD") {
      throw invalid(
        `Invalid returning clause: RETURNING ${returning.text} *. Only RETURNING ALL OLD * is ` +
          "allowed in DELETE statements.",
      );
    }
    const values = returning === undefined ? undefined : "ALL_OLD";
    return { kind: "delete", naming: this.#naming, tableName, where, returning: values };
  }

  #tableName(): string {
    if (!this.#cursor.isName()) throw malformed("Expected identifier for simple path");
    return this.#pathComponent();
  }

  #returning(): Returning | undefined {
    const cursor = this.#cursor;
    if (!cursor.takeKeyword("RETURNING")) return undefined;
    const all = cursor.takeKeyword("ALL");
    if (!all) cursor.expectKeyword("MODIFIED");
    const old = cursor.takeKeyword("OLD");
    if (!old) cursor.expectKeyword("NEW");
    cursor.expect("*");
    const age = old ? "OLD" : "NEW";
    return all
      ? { text: `ALL ${age}`, values: `ALL_${age}` }
      : { text: `MODIFIED ${age}`, values: `UPDATED_${age}` };
  }
}
