import type { RunProgress } from "../conversations/fold.ts";
import type { Run } from "./run.ts";

type Figures = Pick<Run, "turns" | "toolCalls" | "promptTokens" | "completionTokens" | "usage">;

/** What the record says of a run's work so far: sums of its whole log, so writing them again counts nothing twice. */
export const figuresOf = ({ turns, toolCalls, promptTokens, completionTokens, usage }: RunProgress): Figures => ({
  turns,
  toolCalls,
  promptTokens,
  completionTokens,
  usage: [...usage],
});
