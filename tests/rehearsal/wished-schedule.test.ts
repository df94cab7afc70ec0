import { describe, expect, it } from "vitest";
import { wishedSchedule } from "../../shared/rehearsal/wished-schedule.ts";

describe("a sentence that asks for a schedule", () => {
  it.each([
    ["every weekday at 8:00 in Berlin, look at the critical tickets", "0 8 * * 1-5", "Europe/Berlin"],
    ["Please tell me: every Monday at 9 in Sao Paulo: look at the critical tickets", "0 9 * * 1", "America/Sao_Paulo"],
    ["Every day at 12:30 am in Europe/London, look at the critical tickets", "30 0 * * *", "Europe/London"],
    ["every morning at 7:05 in New York, look at the critical tickets", "5 7 * * *", "America/New_York"],
    ["every sunday at 6 pm in UTC, look at the critical tickets", "0 18 * * 0", "UTC"],
  ])("%s", (said, cron, time_zone) => {
    const texts = { name: "Look at the critical tickets", prompt: "look at the critical tickets" };
    expect(wishedSchedule(said)).toEqual({ ...texts, cron, time_zone });
  });

  it.each([
    "every weekday at 8:00, look at the critical tickets",
    "every weekday at 25:00 in Berlin, look at the critical tickets",
    "every weekday in Berlin, look at the critical tickets",
    "every weekday at 8:00 in Nowhere, look at the critical tickets",
    "What happens every weekday at 8:00 in Berlin?",
    "Look at the critical tickets",
  ])("is not: %s", (said) => {
    expect(wishedSchedule(said)).toBeUndefined();
  });

  it("names the schedule by the words that fit", () => {
    const prompt = `${"look ".repeat(30)}up`;
    expect(wishedSchedule(`every day at 8 in Berlin, ${prompt}`)).toMatchObject({
      name: `L${"look ".repeat(12).trim().slice(1)}`,
      prompt,
    });
  });
});
