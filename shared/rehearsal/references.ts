import type { Said, Turn } from "./read-turn.ts";

/** "What did I ask first?" is about the conversation itself and needs no tool. */
export const asksAboutThePast = ({ prompt, earlier }: Turn): boolean =>
  earlier.length > 0 && /\b(did|had) (i|you)\b|\b(i|you) (just )?(said|asked|told)\b|\byou remember\b/i.test(prompt);

/** "And the closed ones?", "again", "write that to a file": what is meant was said before. */
const refersBack = (prompt: string): boolean =>
  /^(and|now|then|also|but|so|what about|how about)\b|\b(again|it|its|that|this|those|these|them|they|ones?|same|others?|else)\b/i.test(
    prompt.trim(),
  );

/** What the last prompt refers to: the newest thing said before for which tools were called. */
export function referredTo({ prompt, earlier }: Turn): Said | undefined {
  return refersBack(prompt) ? earlier.findLast(({ outcomes }) => outcomes.length > 0) : undefined;
}
