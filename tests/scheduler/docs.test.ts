import { readdirSync, readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { schedulerSecrets } from "../../shared/app/read-scheduler.ts";
import { endOfReported, workReportSchema } from "../../shared/runs/work-report.ts";
import { codeIn, tableUnder } from "../support/readme-tables.ts";
import { startWebServer } from "../support/web-server.ts";
import { openOffice, runId, scheduleId, secrets, slot } from "./callback-office.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/scheduler.md", root), "utf8");
const namesUnder = (heading: string) => tableUnder(page, heading).map(([name]) => codeIn(name));

describe("docs/scheduler.md", () => {
  it("lists every secret", () => {
    expect(namesUnder("## Switching it on")).toEqual(Object.values(schedulerSecrets));
  });

  it("lists every event of the Scheduler and its callbacks", () => {
    const folders = ["shared/scheduler/", "shared/protocol/"].map((folder) => new URL(folder, root));
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)));
    const recorded = files.flatMap((file) => [
      ...readFileSync(file, "utf8").matchAll(/name: "((?:alarm|callback|scheduler)\.\w+)"/g),
    ]);
    const listed = namesUnder("## What the operator sees");
    expect(listed.toSorted()).toEqual([...new Set(recorded.map(([, name]) => name))].toSorted());
  });

  it("says how a run ends that records a report", () => {
    const rows = tableUnder(page, "### Work that was done elsewhere");
    const { options } = workReportSchema.shape.status;
    const expected = options.map((status) => [status, endOfReported({ status, content: "x", at: 0 }).outcome]);
    expect(rows.map((row) => row.map((cell) => /^`(\w+)`/.exec(cell)?.[1]))).toEqual(expected);
  });

  it("has an example that the endpoint takes as it stands", async () => {
    const { post, taken } = openOffice();
    await using server = await startWebServer(post);
    const [, example = ""] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
    const run = new Function(
      "Webhook",
      "runId",
      "appUrl",
      "secret",
      `return (async () => { ${example.replace(/^import .*$/m, "")} return response; })()`,
    );
    const response: Response = await run(Webhook, runId, `http://127.0.0.1:${server.port}`, secrets.present);
    expect(response.status).toBe(202);
    const id = expect.stringMatching(/^msg_/);
    expect(taken).toEqual([{ scheduleId, slot, status: "completed", content: "Two tickets are critical.", id }]);
  });
});
