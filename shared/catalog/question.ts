/** What only the person can say: a form of one field, shown by clients that can ask. */
export interface Question {
  /** Names the field and the answer. */
  readonly id: string;
  readonly message: string;
  readonly field: { title: string; description: string } & ({ type: "string" } | { type: "boolean" });
  /** What the answer adds to the arguments of the call. Throws an AppError when it says no. */
  readonly take: (answer: unknown) => Readonly<Record<string, unknown>>;
  /** Said to the model when the person closed the form or refused to answer. */
  readonly unanswered: string;
}
