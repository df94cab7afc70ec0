import { expect, it } from "vitest";
import { startWebServer } from "../support/web-server.ts";
import { expectStory, playDemo, refusedDemo } from "./demo-story.ts";

const scenario = ["--scenario", "scheduler"];

it("shows a Scheduler that is armed and calls back, one that is told of a deletion, and the timer behind it", async () => {
  const port = await freePort();
  const story = await playDemo(scenario, { SCHEDULER_PORT: String(port) });
  expectStory(story, [
    `A Scheduler listens on port ${port}`,
    /POST \/api\/auth\/token\n(?:(?!auth).*\n)*? +POST \/api\/mcptools\/execute scheduleConversation\n/,
    /address +http:\/\/localhost:\d+\/scheduler\/callback\?cid=local-/,
    'text     {"conversationId":"local-',
    'delete_schedule answers: Deleted "Not wanted"',
    "cancelled over there",
    "the app has said 202",
    "Outcome: succeeded, alarm: scheduler.",
    /200 \{"success":true,"runId":"local-[^"]+","duplicate":true\}/,
    /401 \{"success":false/,
    "list_runs still shows 1 run.",
    "Outcome: succeeded, alarm: timer.",
    "alarm.no_callback",
  ]);
});

it("says in one line what to do when its port is taken, and starts nothing", async () => {
  await using other = await startWebServer(() => new Response());
  expect(await refusedDemo(scenario, { SCHEDULER_PORT: String(other.port) })).toMatchObject({
    code: 1,
    stdout: "",
    stderr: `Port ${other.port} is in use. Stop the other process or choose another port: SCHEDULER_PORT=${other.port + 1} npm run demo -- --scenario scheduler\n`,
  });
});

async function freePort(): Promise<number> {
  await using server = await startWebServer(() => new Response());
  return server.port;
}
