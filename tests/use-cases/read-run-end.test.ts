import { describe, expect, it } from "vitest";
import { runId } from "../../shared/runs/run.ts";
import { createReadRunEnd } from "../../shared/use-cases/read-run-end.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { assistant, finished, result, sealed, started, system, user } from "../support/sample-events.ts";
import { sampleHead, sampleId, sampleRun } from "../support/sample-records.ts";

const run = sampleRun();
const id = runId(run);
const opening = [started(id), system(id, "Be brief."), user(id, "Look.")];

/** A conversation with these segments; the head points to the one with the number. */
async function conversation(segments: Parameters<typeof writeSegments>[1], pointed = segments.length - 1) {
  const app = createMemoryApp();
  await app.ports.log.createHead(sampleHead({ segment: pointed }));
  await writeSegments(app.ports, segments);
  app.takeStorageCalls();
  return { app, readRunEnd: createReadRunEnd(app.ports) };
}

async function writeSegments(
  { log }: Parameters<typeof createReadRunEnd>[0],
  segments: readonly Parameters<typeof log.append>[3][],
): Promise<void> {
  for (const [number, events] of segments.entries()) {
    await log.createSegment(run.conversationId, number);
    await log.append(run.conversationId, number, 0, events);
  }
}

describe("the end of a run", () => {
  it("is its newest events only, oldest first, whatever other runs wrote after it", async () => {
    const later = [started("other"), user("other", "More."), finished("other")];
    const { app, readRunEnd } = await conversation([[...opening, assistant(id), finished(id), ...later]]);
    expect(await readRunEnd(run, 3)).toMatchObject({
      head: { title: "Morning report" },
      events: [{ type: "user" }, { type: "assistant" }, { type: "run_finished" }],
    });
    expect(app.takeStorageCalls()).toHaveLength(2);
  });

  it("is followed back over segments, but no further than where the run began", async () => {
    const old = [user("old", "Old."), sealed];
    const { app, readRunEnd } = await conversation([old, old, [...opening, sealed], [result(id, "a"), finished(id)]]);
    const types = ["run_started", "system", "user", "tool_result", "run_finished"];
    expect(await readRunEnd(run, 30)).toMatchObject({ events: types.map((type) => ({ type })) });
    expect(app.takeStorageCalls()).toHaveLength(3);
  });

  it("is found when the head does not point to the newest segment yet", async () => {
    const { readRunEnd } = await conversation([[...opening, sealed], [finished(id)]], 0);
    expect(await readRunEnd(run, 1)).toMatchObject({ events: [{ type: "run_finished" }] });
  });

  it("is not looked for in all of a long conversation", async () => {
    const { app, readRunEnd } = await conversation([
      opening,
      ...Array.from({ length: 8 }, () => [user("new", "."), sealed]),
    ]);
    expect(await readRunEnd(run, 30)).toBeUndefined();
    expect(app.takeStorageCalls().length).toBeLessThanOrEqual(6);
  });

  it("is nothing for a run that never wrote, with or without a conversation", async () => {
    const { app, readRunEnd } = await conversation([[user("other", "Hello.")]]);
    expect(await readRunEnd(run, 30)).toBeUndefined();
    expect(await createReadRunEnd(app.ports)(sampleRun({ conversationId: sampleId(77) }), 30)).toBeUndefined();
  });
});
