import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { isPromptLong, summaryCharacters } from "../../shared/runs/context.ts";
import { promptOf } from "../../shared/runs/prompt.ts";
import { asks, assistant, finished, result, started, summary, system, user } from "../support/sample-events.ts";

const run = (id: string, prompt = "u") => [started(id), system(id, "s"), user(id, prompt)];
const answer = (id: string, promptTokens: number) =>
  assistant(id, { text: "Hi", usage: { promptTokens, completionTokens: 100 } });
const asking = (id: string, promptTokens: number) => ({
  ...asks(id, "1"),
  usage: { promptTokens, completionTokens: 100 },
});
const limits = { contextTokens: 8000, maxTokensPerRun: 100_000 };

const isLong = (events: readonly LoggedEvent[], id = "a", turns = 1, more: Partial<typeof limits> = {}) =>
  isPromptLong(events, promptOf(events, id), turns, { ...limits, ...more });

describe("a prompt that should be summed up first", () => {
  it("is more than three quarters of the context, by the provider's own count of the last one", () => {
    expect(isLong([...run("a"), asking("a", 5900), result("a", "1", "")])).toBe(false);
    expect(isLong([...run("a"), asking("a", 5901), result("a", "1", "")])).toBe(true);
  });

  it("counts four characters of what came since as a token", () => {
    expect(isLong([...run("a"), asking("a", 900), result("a", "1", "x".repeat(20_000))])).toBe(false);
    expect(isLong([...run("a"), asking("a", 900), result("a", "1", "x".repeat(20_001))])).toBe(true);
  });

  it("counts characters alone where the provider counts nothing", () => {
    expect(isLong([...run("a"), asking("a", 0), result("a", "1", "x".repeat(23_000))])).toBe(false);
    expect(isLong([...run("a"), asking("a", 0), result("a", "1", "x".repeat(24_000))])).toBe(true);
  });

  it("is a quarter of the run's tokens already when the run begins: earlier runs must not eat it up", () => {
    const events = [...run("a"), answer("a", 3000), finished("a"), ...run("b")];
    expect(isLong(events, "b", 0)).toBe(false);
    expect(isLong(events, "b", 0, { maxTokensPerRun: 12_000 })).toBe(true);
    expect(isLong(events, "b", 1, { maxTokensPerRun: 12_000 })).toBe(false);
  });

  it("is never one in which nothing has been answered, or nothing since the summary", () => {
    expect(isLong(run("a", "x".repeat(100_000)))).toBe(false);
    expect(isLong([...run("a", "x".repeat(100_000)), asking("a", 9000), summary("a", "all")])).toBe(false);
  });

  it("counts anew after a summary", () => {
    const events = [...run("a"), asking("a", 9000), result("a", "1"), summary("a", "all"), asking("a", 50)];
    expect(isLong([...events, result("a", "1")])).toBe(false);
  });
});

describe("a request for a summary", () => {
  it("holds half of what a prompt may have, and half of what was refused", () => {
    expect(summaryCharacters(limits)).toBe(12_000);
    expect(summaryCharacters(limits, 10_001)).toBe(5000);
  });
});
