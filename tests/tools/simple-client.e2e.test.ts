import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";
import { localSettings } from "../e2e/local-settings.ts";
import { startHostProcess } from "../support/host-process.ts";

const example = fileURLToPath(new URL("../../examples/simple-client.ts", import.meta.url));

it("schedules a conversation and prints its answer when it has fired, in less than 60 lines", async () => {
  const settings = { MCP_AUTH: "function-key", DEVELOPMENT_HOST_KEY: "sample-key" };
  const host = await startHostProcess(inject("packagedApp"), localSettings(settings));
  const env = { MCP_KEY: "sample-key" };
  const { stdout } = await promisify(execFile)(process.execPath, [example, `${host.url}/mcp`], {
    env,
    timeout: 60_000,
  });
  expect(stdout).toMatch(/^Scheduled "Critical tickets"\. Once, on /);
  expect(stdout).toMatch(/^Fired at \d{4}-\S+Z, outcome: succeeded\.\nThis is a rehearsal answer/m);
  expect(stdout).toContain("get_knowledge_base returned: question: What counts as a critical ticket?");
  expect((await readFile(example, "utf8")).split("\n").length).toBeLessThan(60);
  await host.signal("SIGTERM");
});

it("says in one line that nothing listens, without a key of the address", async () => {
  const failure: unknown = await promisify(execFile)(process.execPath, [
    example,
    "http://localhost:9/mcp?code=hidden",
  ]).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^No MCP server at http:\/\/localhost:9\/mcp .*npm start\n$/),
  });
  expect(String((failure as { stderr: string }).stderr)).not.toContain("hidden");
});
