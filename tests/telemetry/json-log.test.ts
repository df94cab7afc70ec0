import { describe, expect, it } from "vitest";
import type { AppEvent, EventLevel } from "../../shared/kernel/events.ts";
import { createJsonLog } from "../../shared/telemetry/json-log.ts";

const now = Date.parse("2026-11-20T09:00:00Z");
const event: AppEvent = { level: "info", name: "run.finished", message: "A run ended." };

function linesOf(minimum: EventLevel, ...events: AppEvent[]): string[] {
  const lines: string[] = [];
  const log = createJsonLog(
    minimum,
    (line) => lines.push(line),
    () => now,
  );
  for (const one of events) log.record(one);
  return lines;
}

describe("a log line", () => {
  it("is one JSON object with time, level, logger, message and the fields of the event", () => {
    const [line = ""] = linesOf("info", {
      ...event,
      fields: { run: "r1", tokens: 5, retried: false, reason: undefined },
    });
    expect(JSON.parse(line)).toEqual({
      timestamp: "2026-11-20T09:00:00.000Z",
      level: "info",
      logger: "run.finished",
      message: "A run ended.",
      run: "r1",
      tokens: 5,
      retried: false,
    });
  });

  it("stays one line whatever the texts hold", () => {
    const cause = new Error("two\nlines\u2028and more");
    const [line = ""] = linesOf("info", { ...event, message: "a\r\nb", fields: { text: "c\nd" }, cause });
    expect(line).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line)).toMatchObject({ message: "a\r\nb", text: "c\nd" });
  });

  it("keeps its time, level, logger and message when a field has that name", () => {
    const fields = { level: "debug", message: "forged", logger: "x", timestamp: 1 };
    const [line = ""] = linesOf("info", { ...event, fields });
    expect(JSON.parse(line)).toMatchObject({ level: "info", message: "A run ended.", logger: "run.finished" });
  });

  it("carries what surrounds it, and what the event says itself is nearer", () => {
    const lines: string[] = [];
    const surroundings = () => ({ trace_id: "t1", span_id: undefined, run: "r1", owner: "local", level: "forged" });
    const log = createJsonLog(
      "info",
      (line) => lines.push(line),
      () => now,
      surroundings,
    );
    log.record({ ...event, fields: { run: "r2" } });
    const [line = ""] = lines;
    expect(JSON.parse(line)).toMatchObject({ trace_id: "t1", run: "r2", owner: "local", level: "info" });
    expect(line).not.toContain("span_id");
  });

  it("tells the writer its level", () => {
    const levels: EventLevel[] = [];
    const log = createJsonLog(
      "debug",
      (_line, level) => levels.push(level),
      () => now,
    );
    log.record({ ...event, level: "warning" });
    expect(levels).toEqual(["warning"]);
  });

  it("carries the cause, and the causes behind it", () => {
    const cause = new Error("outer", { cause: new Error("inner", { cause: "innermost" }) });
    const [line = ""] = linesOf("info", { ...event, cause });
    const { cause: text } = JSON.parse(line) as { cause: string };
    expect(text).toMatch(/^Error: outer[\s\S]*caused by Error: inner[\s\S]*caused by innermost$/);
  });

  it.each([{ message: "not an error" }, 5, null, Symbol("x")])("survives a cause that is no error: %s", (cause) => {
    expect(linesOf("info", { ...event, cause })).toHaveLength(1);
  });

  it("survives a cause that is its own cause, and one that is very long", () => {
    const loop = new Error("loop");
    loop.cause = loop;
    const [looped = "", long = ""] = linesOf(
      "info",
      { ...event, cause: loop },
      { ...event, cause: "x".repeat(100_000) },
    );
    expect([looped.length, long.length].every((length) => length < 10_000)).toBe(true);
  });
});

describe("a log that cannot be written", () => {
  it("loses the line and nothing else", () => {
    const lines: string[] = [];
    let isBroken = true;
    const write = (line: string) => {
      if (isBroken) throw new Error("write EPIPE");
      lines.push(line);
    };
    const log = createJsonLog("info", write, () => now);
    expect(() => log.record(event)).not.toThrow();
    isBroken = false;
    log.record({ ...event, name: "tick.silent" });
    expect(lines.map((line) => (JSON.parse(line) as { logger: string }).logger)).toEqual(["tick.silent"]);
  });

  it("survives a cause that cannot be read", () => {
    const cause = new Error("x");
    Object.defineProperty(cause, "stack", {
      get() {
        throw new Error("no stack");
      },
    });
    expect(() => linesOf("info", { ...event, cause })).not.toThrow();
  });
});

describe("LOG_LEVEL", () => {
  const levels = ["debug", "info", "warning", "error"] as const;

  it.each(levels)("%s lets through what is as important or more", (minimum) => {
    const lines = linesOf(minimum, ...levels.map((level) => ({ ...event, level })));
    expect(lines.map((line) => (JSON.parse(line) as AppEvent).level)).toEqual(levels.slice(levels.indexOf(minimum)));
  });
});
