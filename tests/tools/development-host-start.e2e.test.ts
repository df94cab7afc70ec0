import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failedStart } from "../support/host-process.ts";
import { buildSampleApp } from "./sample-app.ts";

describe("development host, a start that fails", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await buildSampleApp("http");
  });

  it("says which port is taken and how to choose another", async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const { port } = other.address() as { port: number };

    expect(await failedStart(directory, { PORT: String(port) })).toEqual({
      code: 1,
      output: `Port ${port} is in use. Stop the other process or choose another port: PORT=${port + 1} npm run host`,
    });
    other.close();
  });

  it.each([
    [{ PORT: "seventy" }, "PORT=seventy is not a port. Example: PORT=7072 npm run host"],
    [
      { AzureWebJobsStorage: "" },
      /^AzureWebJobsStorage is not set\..*AzureWebJobsStorage=UseDevelopmentStorage=true npm run host$/,
    ],
  ])("says what is wrong with the settings %j", async (settings, text) => {
    const { code, output } = await failedStart(directory, settings);

    expect(code).toBe(1);
    expect(output).toMatch(text);
    expect(output.split("\n")).toHaveLength(1);
  });

  it("prints a configuration error in the app's own words, without a stack", async () => {
    const broken = await buildSampleApp("wrong-configuration");

    expect(await failedStart(broken, { PORT: "0" })).toEqual({
      code: 1,
      output: "MODEL is not set. Example: MODEL=rehearsal",
    });
  });

  it("says which setting a trigger needs", async () => {
    const { code, output } = await failedStart(await buildSampleApp("triggers"), { PORT: "0" });

    expect(code).toBe(1);
    expect(output).toBe("'%SAMPLE_SCHEDULE%' needs the setting SAMPLE_SCHEDULE, which is not set.");
  });

  it("says that the bundle must be built first", async () => {
    const unbuilt = await buildSampleApp("http");
    await rm(join(unbuilt, "dist"), { recursive: true });
    const { code, output } = await failedStart(unbuilt, { PORT: "0" });

    expect(code).toBe(1);
    expect(output).toMatch(/^There is no .*index\.mjs: run npm run build first\.$/);
  });

  it("names the field of host.json that is wrong", async () => {
    const { code, output } = await failedStart(await buildSampleApp("http", { batchSize: 33 }), { PORT: "0" });

    expect(code).toBe(1);
    expect(output).toMatch(/host\.json is not valid: .*extensions\.queues\.batchSize/);
  });
});
