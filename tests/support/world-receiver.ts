import type { Instant, Sleep } from "../../shared/kernel/clock.ts";
import { secondMs } from "../../shared/kernel/clock.ts";
import type { Delivery } from "../../shared/runs/notice.ts";
import type { Letter, Notifier } from "../../shared/runs/notifier.ts";
import type { Steps } from "./world-steps.ts";

/** What a receiver does with one letter. dies: it has the letter, and nobody hears of it. busy: others are under way. */
export type ReceiverStep = "busy" | "takes" | "refuses" | "is gone" | "dies" | "hangs";

export type ReceiverScript = (letter: Letter) => ReceiverStep;

export interface TakenLetter extends Letter {
  readonly at: Instant;
}

const answers: Readonly<Record<ReceiverStep, Delivery | "busy">> = {
  busy: "busy",
  takes: { kind: "delivered", status: 204 },
  refuses: { kind: "failed", problem: "refused", status: 503 },
  "is gone": { kind: "failed", problem: "gone", status: 410 },
  dies: { kind: "failed", problem: "unreachable" },
  hangs: { kind: "failed", problem: "timed_out" },
};

/** The limit of one attempt. */
const hangMs = 10 * secondMs;

/** Receivers that do what the script says, and the letters that they have got. Each attempt is a step of the world. */
export function createReceivers(
  steps: Steps,
  { now, sleep }: { now: () => Instant; sleep: Sleep },
  script: ReceiverScript,
) {
  const letters: TakenLetter[] = [];
  const notifier: Notifier = {
    async deliver(letter) {
      const step = await steps.intercept({ kind: "notify", name: letter.id }, () => {
        const answer = script(letter);
        if (answer === "takes" || answer === "dies") letters.push({ ...letter, at: now() });
        return answer;
      });
      if (step === "hangs") await sleep(hangMs);
      return answers[step];
    },
  };
  return { notifier, letters: letters as readonly TakenLetter[] };
}
