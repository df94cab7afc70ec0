import { describe, expect, it } from "vitest";
import { settings } from "../../shared/app/settings.ts";
import { explain, verdict } from "../../tools/config/explain.ts";

const storage =
  "DefaultEndpointsProtocol=https;AccountName=stcontoso;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";
const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: storage, MODEL_PROVIDER: "rehearsal" };

const rowsOf = (...sources: Parameters<typeof explain>[0]) =>
  new Map(explain(sources).rows.map(({ name, value, from }) => [name, [value, from]]));

describe("the configuration that would be in force", () => {
  it("says of each setting its value and where it comes from; the first source wins", () => {
    const rows = rowsOf(
      { name: "environment", values: { LOG_LEVEL: "debug", STORAGE_CONTAINER: " " } },
      {
        name: "local.settings.json",
        values: { ...local, LOG_LEVEL: "error", STORAGE_CONTAINER: "mine", MCP_AUTH: "none" },
      },
    );
    expect(rows.size).toBe(Object.keys(settings).length);
    expect(rows.get("LOG_LEVEL")).toEqual(["debug", "environment"]);
    expect(rows.get("MCP_AUTH")).toEqual(["none", "local.settings.json"]);
    // As in npm start: a variable that is there and empty keeps the file's value out.
    expect(rows.get("STORAGE_CONTAINER")).toEqual(["scheduled-conversations", "default, empty in environment"]);
    expect(rows.get("TICK_SECONDS")).toEqual(["60; npm start: 5", "default"]);
    expect(rows.get("OPENAI_MODEL")).toEqual(["-", "not set"]);
  });

  it("shows no secret, wherever it comes from", () => {
    const names = Object.values(settings).flatMap(({ name, isSecret }) => (isSecret === true ? [name] : []));
    const values = Object.fromEntries(names.map((name) => [name, `planted-${name}`]));
    for (const name of names)
      expect(rowsOf({ name: "environment", values }).get(name)).toEqual(["[secret]", "environment"]);
    expect(JSON.stringify(explain([{ name: "environment", values: { ...local, ...values } }]))).not.toContain(
      "planted",
    );
  });

  it("takes for a secret what is named like one", () => {
    const looksSecret = (name: string) =>
      /(KEY|SECRET|TOKEN|PASSWORD|CONNECTION_STRING|AzureWebJobsStorage)$/.test(name);
    const plain = Object.values(settings).filter(({ name, isSecret }) => looksSecret(name) && isSecret !== true);
    expect(plain.map(({ name }) => name)).toEqual([]);
  });

  it("says what follows from it, when the app could start", () => {
    const { follows, problem } = explain([
      { name: "environment", values: { ...local, MCP_AUTH: "none", TICK_SECONDS: "5" } },
    ]);
    expect(problem).toBeUndefined();
    expect(follows).toContain("Model: rehearsal.");
    expect(follows).toContain("Callers: everybody who reaches it.");
    expect(follows?.join("\n")).toMatch(/Alarm: the timer, every 5 s\./);
  });

  it("says in the words of the start why the app could not start", () => {
    const { follows, problem } = explain([
      { name: "environment", values: { ...local, LOG_LEVEL: "loud", DUE_SHARDS: "0" } },
    ]);
    expect(follows).toBeUndefined();
    expect(problem).toMatch(
      /^The app cannot start:\n- DUE_SHARDS .*Example: DUE_SHARDS=4\n- LOG_LEVEL .*Example: LOG_LEVEL=info$/s,
    );
  });

  it("tells who has set up nothing that npm start needs nothing", () => {
    const nothing = explain([{ name: "environment", values: {} }]);
    expect(verdict(nothing, true)).toMatch(/^The app cannot start:.*npm start needs none of this/s);
    expect(verdict(nothing, false)).toBe(nothing.problem);
  });

  it("finds names that were meant to be one of ours, and no others", () => {
    const values = {
      ...local,
      SCHEDULR_URL: "x",
      MCP_TOOLSET: "runs",
      PATH: "/bin",
      HOME: "/",
      FUNCTIONS_WORKER_RUNTIME: "node",
    };
    expect(explain([{ name: "local.settings.json", values }]).misspelt).toEqual([
      "SCHEDULR_URL (local.settings.json) is none of this app's. Was SCHEDULER_URL meant?",
      "MCP_TOOLSET (local.settings.json) is none of this app's. Was MCP_TOOLSETS meant?",
    ]);
  });
});
