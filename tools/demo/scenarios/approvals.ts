import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { filesServer } from "../files-server.ts";
import { eventsOf, expectThat, runNow, type Scenario, type Stage, waitForRun } from "../scenario.ts";

const schedule = {
  name: "Morning report",
  prompt: "Look into the knowledge base for critical tickets, and write what you find to the file report.md",
  cron: "0 8 * * 1-5",
  time_zone: "Europe/Berlin",
  // A pattern allows the tools of a server; only a tool that is named is called without asking.
  allowed_tools: ["knowledge:*", "files:*"],
};

export const approvals: Scenario = {
  title: "a run that wants to write a file waits for your decision: once approved, once denied",
  settings: (folder) => ({ MCP_SERVERS: filesServer(folder) }),
  async play(stage) {
    const { session, folder, say, show } = stage;
    const report = join(folder, "report.md");
    const scheduled = await session.call("schedule_conversation", schedule);
    say(`schedule_conversation answers: ${scheduled.summary}`);
    say(`It may use ${schedule.allowed_tools.join(" and ")}; whatever changes something asks first.`);

    const approved = await decideOnRun(stage, scheduled.schedule_id, { decision: "approve" });
    say(`Outcome: ${approved.outcome}. report.md is there:`);
    show(indented(await readFile(report, "utf8")));
    await rm(report);
    say("The demo deletes report.md again, so that the next run begins without it, and is denied:");

    const denied = await decideOnRun(stage, scheduled.schedule_id, {
      decision: "deny",
      note: "Not this week, please.",
    });
    say(`Outcome: ${denied.outcome}. report.md is ${existsSync(report) ? "there" : "not there"}. The run's answer:`);
    const events = await eventsOf(session, denied);
    const answer = events.findLast(({ type }) => type === "assistant")?.text ?? "";
    show(indented(answer));
    expectThat(denied.outcome === "succeeded" && !existsSync(report), "a run that went on without the file");
    expectThat(answer.includes("Not this week, please."), "a model that has read the note");
    show("Nothing was written before somebody said yes. In npm run chat, /approvals asks you in place.");
  },
};

async function decideOnRun(stage: Stage, scheduleId: string, decision: { decision: string; note?: string }) {
  const { session, folder, say, show } = stage;
  const { run } = await runNow(stage, scheduleId);
  say(`The run is ${run.state}, and no worker waits with it. list_approvals answers:`);
  const { approvals: waiting } = await session.call("list_approvals", {});
  const [approval] = waiting;
  if (approval === undefined) throw new Error("Nothing waits for a decision.");
  for (const { tool, arguments: words } of approval.calls) show(indented(`${tool}\n${words}`));
  expectThat(!existsSync(join(folder, "report.md")), "no file before the decision");
  const { summary } = await session.call("decide_approval", { id: approval.id, ...decision });
  say(`decide_approval answers: ${summary}`);
  return (await waitForRun(session, run.id)).run;
}

const indented = (text: string): string => text.trimEnd().replace(/^/gm, "      ");
