import { counted } from "../../../shared/kernel/counted.ts";
import type { Ticket } from "../../client/answers.ts";
import { eventsOf, expectThat, runNow, type Scenario, type Stage, waitForPlannedRun, waitForRun } from "../scenario.ts";
import { transcript } from "../transcript.ts";

const secondsAhead = 8;

const digest = {
  name: "Critical tickets",
  prompt: "Look at the open critical tickets and tell me what they are about.",
};

const review = {
  name: "Review of the morning",
  prompt: 'List the open critical tickets, then create a ticket "Review the critical tickets" with what you found.',
  cron: "0 8 * * 1-5",
  time_zone: "Europe/Berlin",
  // A pattern allows the tools of a group; only a tool that is named is called without asking.
  allowed_tools: ["backend:*"],
};

export const tickets: Scenario = {
  title: "a scheduled digest of the open critical tickets, and a new ticket that waits for your yes",
  settings: () => ({}),
  async play(stage) {
    await showDigest(stage);
    await showNewTicket(stage);
    stage.show("Your own backend: BACKEND_API_URL, with the routes of docs/backend.md.");
  },
};

async function showDigest(stage: Stage): Promise<void> {
  const { session, say, show } = stage;
  say("BACKEND_API_URL names a sample backend: users, tickets and datasets in SQLite, behind a REST API.");
  const run_at = new Date(Math.ceil(Date.now() / 1000) * 1000 + secondsAhead * 1000).toISOString();
  const scheduled = await session.call("schedule_conversation", { ...digest, run_at });
  say(`schedule_conversation answers: ${scheduled.summary}`);
  const run = await waitForPlannedRun(stage, scheduled.schedule_id);
  say(`Outcome: ${run.outcome}, after ${counted(run.turns, "turn")} and ${counted(run.tool_calls, "tool call")}.`);
  const events = await eventsOf(session, run);
  show(`The transcript, as get_conversation gives it:\n\n${transcript(events)}`);
  const found = events.find(({ type, tool }) => type === "tool_result" && tool === "list_tickets")?.text ?? "";
  expectThat(run.outcome === "succeeded" && found.includes("Sign-in fails"), "a run that has read the tickets");
}

async function showNewTicket(stage: Stage): Promise<void> {
  const { session, say, show } = stage;
  const before = await openTickets(stage);
  const scheduled = await session.call("schedule_conversation", review);
  say(`schedule_conversation answers: ${scheduled.summary}`);
  const { run } = await runNow(stage, scheduled.schedule_id);
  say(`The run is ${run.state}: create_ticket changes something. list_approvals answers:`);
  const [approval] = (await session.call("list_approvals", {})).approvals;
  if (approval === undefined) throw new Error("Nothing waits for a decision.");
  for (const { tool, arguments: words } of approval.calls) show(indented(`${tool}\n${words}`));
  expectThat((await openTickets(stage)).length === before.length, "no new ticket before the decision");

  const { summary } = await session.call("decide_approval", { id: approval.id, decision: "approve" });
  say(`decide_approval answers: ${summary}`);
  const { outcome } = (await waitForRun(session, run.id)).run;
  say(`Outcome: ${outcome}. list_tickets with status open answers:`);
  const after = await openTickets(stage);
  show(indented(after.map(({ id, title, priority }) => `${id}  ${priority.padEnd(8)}  ${title}`).join("\n")));
  const isThere = after.length === before.length + 1 && after[0]?.title === "Review the critical tickets";
  expectThat(outcome === "succeeded" && isThere, "one new ticket, the newest");
}

const openTickets = async ({ session }: Stage): Promise<readonly Ticket[]> =>
  (await session.call("list_tickets", { status: "open", limit: 50 })).items;

const indented = (text: string): string => text.trimEnd().replace(/^/gm, "      ");
