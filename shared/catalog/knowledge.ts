export interface KnowledgeEntry {
  readonly question: string;
  readonly answer: string;
}

/** The knowledge base: question and answer pairs that an operator keeps. */
export interface Knowledge {
  /**
   * With a query the best matches first, without one the pairs in their own order; `total` counts before the limit.
   * Throws a SERVICE_ERROR when the knowledge base cannot be read.
   */
  find(query: string | undefined, limit: number): Promise<{ entries: readonly KnowledgeEntry[]; total: number }>;
}
