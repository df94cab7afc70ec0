import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compose } from "../../shared/app/compose.ts";
import { readConfig } from "../../shared/app/config.ts";
import { mcpHeaders, request } from "../mcp/messages.ts";
import { waitFor } from "../support/wait-for.ts";

const program = fileURLToPath(new URL("../support/tool-program.ts", import.meta.url));

it("an app with MCP_SERVERS knows their tools when a schedule is made, and ends their programs when it stops", async () => {
  const pidFile = join(await mkdtemp(join(tmpdir(), "tools-")), "pids");
  const transport = { type: "stdio", command: process.execPath, args: [program], env: { PID_FILE: pidFile } };
  const app = compose(
    readConfig({
      AZURE_FUNCTIONS_ENVIRONMENT: "Development",
      AzureWebJobsStorage: "UseDevelopmentStorage=true",
      MCP_SERVERS: JSON.stringify([{ name: "local", transport, tools: ["pid"] }]),
    }),
    { events: { record: () => {} } },
  );
  const schedule = {
    name: "A",
    prompt: "B",
    every_minutes: 60,
    dry_run: true,
    allowed_tools: ["local__pid", "other__x"],
  };
  const body = JSON.stringify(request("tools/call", { name: "schedule_conversation", arguments: schedule }));
  const headers = { ...mcpHeaders, host: "localhost:7071" };
  const call = new Request("http://localhost:7071/mcp", { method: "POST", headers, body });
  const answer = await (await app.answerMcp(call, app.principal)).text();
  expect(answer).toContain("allowed_tools names unknown tools: other__x.");
  expect(answer).toMatch(/A run can use: .*, local__pid; or all tools of a group: .*, local:\*/);
  const pids = (await readFile(pidFile, "utf8")).trim().split("\n").map(Number);
  expect(pids.some(isAlive)).toBe(true);
  await app.stop();
  await waitFor(() => !pids.some(isAlive), "the end of the programs");
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
