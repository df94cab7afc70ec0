import { invalid } from "../kernel/errors.ts";
import type { OpenPoints } from "../use-cases/find-open-points.ts";
import type { Question } from "./question.ts";

/** What to ask the person before a conversation is scheduled. */
export const scheduleQuestions = (name: string, { needsTimeZone, risks }: OpenPoints): readonly Question[] => [
  ...(needsTimeZone ? [askTimeZone(name)] : []),
  ...(risks.length > 0 ? [askConfirmation(name, risks)] : []),
];

const askTimeZone = (name: string): Question => ({
  id: "time_zone",
  message: `In which time zone is ${JSON.stringify(name)} to run?`,
  field: {
    type: "string",
    title: "Time zone",
    description:
      "Continent and city, such as Europe/Berlin, America/New_York, Asia/Kolkata or Australia/Sydney; or UTC.",
  },
  take: (answer) => ({ time_zone: answer }),
  unanswered:
    "The person did not say their time zone, and nothing was scheduled. Ask them for their city, then call again with time_zone.",
});

const askConfirmation = (name: string, risks: readonly string[]): Question => ({
  id: "confirm",
  message: `${JSON.stringify(name)} is about to be scheduled. ${risks.join(" ")} Is that what you want?`,
  field: { type: "boolean", title: "Schedule it", description: "Only with yes it is scheduled." },
  take(answer) {
    if (answer === true || answer === "true") return {};
    throw invalid(refused, { reason: "declined" });
  },
  unanswered: refused,
});

const refused =
  "The person did not agree, and nothing was scheduled. Ask them what to change: fewer runs, other tools, or approval.";
