import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { connectModern, finishedRun, inSeconds } from "../support/mcp-session.ts";
import { startReceiver, testSecret, verified } from "../support/receiver.ts";
import { waitFor } from "../support/wait-for.ts";
import { localSettings } from "./local-settings.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHostProcess(inject("packagedApp"), localSettings({ NOTIFY_SECRET: testSecret }));
});
afterAll(async () => {
  expect(await host.signal("SIGTERM")).toBe(0);
});

it("tells a receiver that a run has ended, again after it was refused, in a way that the public verifier accepts", async () => {
  await using receiver = await startReceiver((count) => new Response(null, { status: count === 1 ? 503 : 200 }));
  const session = await connectModern(host.url);
  const { schedule_id: id } = await session.call("schedule_conversation", {
    name: "Told",
    prompt: "What counts as a critical ticket in the knowledge base?",
    run_at: inSeconds(5),
    notify: "always",
    notify_url: `${receiver.url}?sig=topsecret`,
  });
  const run = await finishedRun(session, String(id));
  await waitFor(() => receiver.received.length === 2, "the second attempt", 40);
  const [first, second] = receiver.received;
  if (first === undefined || second === undefined) throw new Error("Nothing was received.");
  expect([second.id, second.body]).toEqual([first.id, first.body]);
  expect(verified(second)).toMatchObject({ type: "run.finished", data: { run_id: run.id, outcome: "succeeded" } });
  await waitFor(async () => {
    const { run: told } = await session.call("get_run", { id: run.id });
    return (told as { notifications: { state: string }[] }).notifications[0]?.state === "delivered";
  }, "the result on the run");
  expect(host.lines.join("\n")).not.toContain("topsecret");
  await session.close();
});
