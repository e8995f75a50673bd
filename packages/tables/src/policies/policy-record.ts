/** A policy of a table or a stream, as text: what it means, the evaluator knows. */
export interface PolicyRecord {
  readonly text: string;
  /** Changes with the text, and only with it. */
  readonly revisionId: string;
}
