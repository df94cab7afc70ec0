import { createServer } from "node:net";
import { describe, expect, inject, it } from "vitest";
import { failedStart, startHostProcess } from "../support/host-process.ts";
import { connectModern } from "../support/mcp-session.ts";
import { localSettings } from "./local-settings.ts";

describe("a start that cannot go well", () => {
  it("names every wrong setting, what is expected, and an example", async () => {
    const wrong = {
      MCP_AUTH: "open",
      TICK_SECONDS: "7",
      AZURE_OPENAI_ENDPOINT: "contoso",
      MODEL_PROVIDER: "azure-openai",
    };
    const { code, output } = await failedStart(inject("packagedApp"), localSettings({ PORT: "0", ...wrong }));
    expect(code).toBe(1);
    expect(output).toContain("The app cannot start:");
    for (const name of ["MCP_AUTH", "TICK_SECONDS", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT_NAME"]) {
      expect(output).toMatch(new RegExp(`- ${name} .*Example: ${name}=`));
    }
    expect(output).not.toMatch(/\n\s+at /);
  });

  it("says which port is taken and how to choose another", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { code, output } = await failedStart(inject("packagedApp"), localSettings({ PORT: String(port) }));
    other.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`Port ${port} is in use.*PORT=`));
  });
});

describe("a start while storage is down", () => {
  it("answers that storage is not reachable, says so in the probe, and writes nothing", async () => {
    const nowhere = "http://127.0.0.1:9";
    const AzureWebJobsStorage = `DefaultEndpointsProtocol=http;AccountName=contoso;AccountKey=bm9uZQ==;BlobEndpoint=${nowhere}/contoso;QueueEndpoint=${nowhere}/contoso;`;
    const host = await startHostProcess(inject("packagedApp"), localSettings({ AzureWebJobsStorage }));
    const ready = await fetch(`${host.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: "not_ready",
      dependencies: { storage: { status: "unavailable" } },
    });

    const session = await connectModern(host.url);
    const failure = session.call("schedule_conversation", { name: "Report", prompt: "Report", every_minutes: 60 });
    await expect(failure).rejects.toThrow(/SERVICE_ERROR.*[Ss]torage/);
    await expect(failure).rejects.not.toThrow(/127\.0\.0\.1|ECONNREFUSED|bm9uZQ/);
    await session.close();
    expect(await host.signal("SIGTERM")).toBe(0);
  });
});
