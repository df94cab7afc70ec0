import type { Question } from "../../catalog/question.ts";
import type { CallContext, CatalogTool } from "../../catalog/tool.ts";
import { invalid } from "../../kernel/errors.ts";
import { memberOf } from "./member-of.ts";

/** What came back from the person by the ids of the questions, as the client sent it. */
export type Answers = Readonly<Record<string, unknown>>;

/** Questions that have no answer yet. None when the input does not fit: then the call itself says what is wrong. */
export async function openQuestions(
  tool: CatalogTool,
  input: unknown,
  context: CallContext,
  answers: Answers,
): Promise<readonly Question[]> {
  try {
    const questions = (await tool.questions?.(input, context)) ?? [];
    return questions.filter(({ id }) => answers[id] === undefined);
  } catch {
    return [];
  }
}

/** The tool as the person's answers complete its input. They come from the client and prove nothing. */
export const withAnswers = (tool: CatalogTool, answers: Answers): CatalogTool => ({
  ...tool,
  async call(input, context) {
    if (Object.keys(answers).length === 0) return tool.call(input, context);
    const questions = (await tool.questions?.(input, context)) ?? [];
    const answered = questions.map((question) => question.take(answerTo(question, answers[question.id])));
    return tool.call(Object.assign({}, input, ...answered), context);
  },
});

function answerTo({ id, unanswered }: Question, answer: unknown): unknown {
  if (memberOf(answer, "action") === "accept") return memberOf(memberOf(answer, "content"), id);
  throw invalid(unanswered, { reason: "declined" });
}
