import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { joinToolboxes } from "../../shared/tools/join-toolboxes.ts";
import type { Tool, Toolbox, ToolSource } from "../../shared/tools/toolbox.ts";
import { checkTools } from "../../shared/use-cases/check-tools.ts";

const tool = (name: string, server: string): Tool => ({
  name,
  server,
  description: "",
  inputSchema: {},
  readOnly: true,
});
const source = (server: string, state: ToolSource["state"]): ToolSource => ({ server, state, tools: 0, warnings: [] });

const toolbox: Toolbox = {
  list: async () => [tool("list_runs", "runs"), tool("tickets__search", "tickets")],
  sources: async () => [source("tickets", "ready"), source("files", "unreachable"), source("mail", "auth_required")],
  call: () => Promise.reject(new Error("Nobody should have called.")),
};

const problemWith = (...allowed: string[]) =>
  checkTools(allowed, toolbox).then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof AppError ? thrown : undefined),
  );

describe("an allow list", () => {
  it("may be absent, empty, or name tools, servers and our own groups", async () => {
    expect(await checkTools(undefined, toolbox)).toEqual([]);
    expect(await checkTools([], toolbox)).toEqual([]);
    expect(await checkTools(["list_runs", "tickets__search", "tickets:*", "runs:*"], toolbox)).toEqual([]);
  });

  it("may name tools of a server that is away, with a warning for each server", async () => {
    const allowed = ["files__read", "files__write", "mail:*", "list_runs"];
    expect(await checkTools(allowed, toolbox)).toEqual([
      "The server files cannot be reached now, so that files__read, files__write could not be checked. Runs go on without its tools until it can; the operator finds the reason in the logs.",
      "The server mail refuses this app's sign-in now, so that mail:* could not be checked. The operator has to mend that.",
    ]);
  });

  it.each([
    ["search", "tickets__search"],
    ["list_rums", "list_runs"],
    ["tickets:search", "tickets__search"],
    ["runs", "runs:*"],
    ["files", "files:*"],
    ["files:", "files:*"],
  ])("may not name %s, where %s is near", async (name, meant) => {
    const error = await problemWith("list_runs", name);
    expect(error?.message).toContain(`unknown tools: ${name} (did you mean ${meant}?). A run can use: list_runs,`);
    expect(error).toMatchObject({ details: { field: "allowed_tools", unknown: [name] } });
  });

  it("may not name what a person does", async () => {
    const own = { ...toolbox, forPeopleOnly: () => ["decide_approval"] };
    const both = joinToolboxes(own, toolbox);
    await expect(checkTools(["list_runs", "decide_approval"], both)).rejects.toMatchObject({
      message: "allowed_tools names decide_approval: a person does that, and no run can. Leave it out.",
      details: { field: "allowed_tools", unknown: ["decide_approval"] },
    });
  });

  it.each(["tickets__delete", "calendar__read", "calendar:*", "*", ":*"])(
    "may not name %s, which nobody offers",
    async (name) => {
      expect(await problemWith("list_runs", name)).toMatchObject({
        code: "VALIDATION_ERROR",
        message: `allowed_tools names unknown tools: ${name}. A run can use: list_runs, tickets__search; or all tools of a group: runs:*, tickets:*, files:*, mail:*.`,
        details: { field: "allowed_tools", unknown: [name] },
      });
    },
  );

  it("is answered with some names of very many", async () => {
    const many = Array.from({ length: 100 }, (_, n) => tool(`big__t${n}`, "big"));
    const large = { ...toolbox, list: async () => many };
    await expect(checkTools(["x"], large)).rejects.toThrow(/big__t59 and 40 more; or all/);
  });
});
