/** A parsed path, names not yet resolved: `#n` stands for an expression attribute name. */
export type RawPath = readonly (string | number)[];

export interface PathOperand {
  readonly kind: "path";
  readonly path: RawPath;
}
export interface ValueOperand {
  readonly kind: "value";
  /** With its colon. */
  readonly name: string;
}
export interface CallOperand {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Operand[];
}
export type Operand = PathOperand | ValueOperand | CallOperand;

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export interface Comparison {
  readonly kind: "compare";
  readonly operator: Comparator;
  readonly left: Operand;
  readonly right: Operand;
}
export interface Between {
  readonly kind: "between";
  readonly operand: Operand;
  readonly low: Operand;
  readonly high: Operand;
}
export interface In {
  readonly kind: "in";
  readonly operand: Operand;
  readonly among: readonly Operand[];
}
/** Flat: `a AND b AND c` is one node. */
export interface Logical {
  readonly kind: "and" | "or";
  readonly terms: readonly Condition[];
}
export interface Not {
  readonly kind: "not";
  readonly term: Condition;
}
export type Condition = Comparison | Between | In | Logical | Not | CallOperand;

/** The right side of a SET: one operand, or two with + or - between. */
export interface Arithmetic {
  readonly kind: "arithmetic";
  readonly operator: "+" | "-";
  readonly left: SetValue;
  readonly right: SetValue;
}
export type SetValue = PathOperand | ValueOperand | SetCall | Arithmetic;
export interface SetCall {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly SetValue[];
}

export type UpdateAction =
  | { readonly kind: "set"; readonly path: RawPath; readonly value: SetValue }
  | { readonly kind: "remove"; readonly path: RawPath }
  | { readonly kind: "add" | "delete"; readonly path: RawPath; readonly value: ValueOperand };
