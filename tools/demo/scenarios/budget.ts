import { counted } from "../../../shared/kernel/counted.ts";
import { expectThat, runNow, type Scenario, type Stage } from "../scenario.ts";

const monthlyTokens = 3000;
const maximumRuns = 5;

export const budget: Scenario = {
  title: "a schedule uses its tokens of the month up, and get_schedule shows what is left",
  // The app warns its operator when a budget is used up; here that is the story itself.
  settings: () => ({ LOG_LEVEL: "error" }),
  async play(stage) {
    const { session, say, show } = stage;
    const scheduled = await session.call("schedule_conversation", {
      name: "Thrifty",
      prompt: "What counts as a critical ticket? Look into the knowledge base.",
      cron: "0 8 * * 1-5",
      time_zone: "Europe/Berlin",
      allowed_tools: ["knowledge:*"],
      policies: { max_tokens_per_month: monthlyTokens },
    });
    say(`schedule_conversation answers: ${scheduled.summary}`);
    say(`Its runs may cost ${monthlyTokens} tokens in a month, all together.`);

    for (let count = 0; count < maximumRuns; count++) {
      const { run } = await runNow(stage, scheduled.schedule_id);
      const tokens = run.prompt_tokens + run.completion_tokens;
      const reason = run.reason === undefined ? "" : ` (${run.reason})`;
      say(
        `Outcome: ${run.outcome}${reason}, after ${counted(run.turns, "turn")} and ${tokens} tokens. ${await leftText(stage, scheduled.schedule_id)}`,
      );
      if (run.outcome !== "budget_exceeded") continue;
      expectThat(run.reason === "month_tokens", "a run that the budget of the month has ended");
      show(
        "Nothing more is spent in this month. The next one begins anew; update_schedule with another max_tokens_per_month allows more at once.",
      );
      return;
    }
    throw new Error(`The budget was not used up by ${maximumRuns} runs.`);
  },
};

async function leftText({ session }: Stage, id: string): Promise<string> {
  const { month, used_tokens, max_tokens_per_month, tokens_left } = (await session.call("get_schedule", { id })).budget;
  return `get_schedule: ${tokens_left} of ${max_tokens_per_month} left in ${month}, ${used_tokens} used.`;
}
