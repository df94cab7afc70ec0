import { completeTimeZone } from "../schedule/complete-time-zone.ts";
import type { CatalogPrompt } from "./prompt.ts";

export const planSchedulePrompt: CatalogPrompt = {
  name: "plan_schedule",
  title: "Plan a scheduled conversation",
  description:
    "Schedules a conversation step by step: first what would happen and when, then, once you agree, for real.",
  tools: ["schedule_conversation", "list_schedules"],
  arguments: [
    {
      name: "what",
      title: "What is to be done",
      description: "Say what is to be done or looked at, in your own words.",
      required: true,
    },
    {
      name: "when",
      title: "When",
      description: 'In your own words, such as "every weekday at 8".',
      required: false,
    },
    {
      name: "time_zone",
      title: "Time zone",
      description: "IANA name, such as Europe/Berlin.",
      required: false,
      complete: async (typed) => completeTimeZone(typed),
    },
  ],
  async write({ what, when, time_zone: zone }) {
    const wishes = [
      "Schedule a conversation for me.",
      `What is to be done: ${what}`,
      `When: ${when ?? "I have not said it yet. Ask me."}`,
      `Time zone: ${zone ?? "I have not said it yet. Ask me for my city; do not guess it."}`,
    ];
    return [{ text: [...wishes, "", ...steps].join("\n") }];
  },
};

const steps = [
  "1. See with list_schedules whether I have something like it already; if so, ask whether to change that instead.",
  "2. Write the prompt so that it stands on its own: it runs while nobody is there to answer a question. Name what to look at, what to compare with, and what the report is to say.",
  "3. Call schedule_conversation with dry_run true and exactly one of cron, run_at and every_minutes.",
  "4. Show me the prompt, in_words, the next times with their weekday and the warnings, and ask whether that is right.",
  "5. When I agree, call schedule_conversation again without dry_run and with an idempotency_key, and tell me the first time it runs.",
];
