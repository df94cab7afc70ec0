import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../support/wait-for.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

// Stands in for Core Tools: it answers on the port it is told and, like the real host, ends only at SIGINT.
const coreTools = `#!${process.execPath}
const port = process.argv[process.argv.indexOf("--port") + 1];
console.log("core tools", process.argv[2], process.env.AzureWebJobsStorage ? "with storage" : "without storage");
process.on("SIGTERM", () => {});
process.on("SIGINT", () => { console.log("core tools end"); process.exit(0); });
process.getBuiltinModule("node:http").createServer((request, response) => response.end("core tools")).listen(port, "127.0.0.1");
`;

describe("npm start", () => {
  let folder: string;

  // A project of its own, with a sample app in the place of ours.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "project-"));
    await cp(join(project, "tools"), join(folder, "tools"), { recursive: true });
    await cp(join(project, "host.json"), join(folder, "host.json"));
    await cp(join(project, "package.json"), join(folder, "package.json"));
    await symlink(join(project, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "functions"));
    await cp(join(project, "tests/tools/sample-apps/http.ts"), join(folder, "functions/index.ts"));
  });

  it("runs storage and the app, prints what clients need, keeps data, and leaves nothing behind", async () => {
    const { child, lines } = start(folder, { PORT: String(await freePort()) });
    const url = await endpoint({ child, lines });

    expect(await (await fetch(url)).text()).toBe("mcp");
    expect(lines).toContain(`{"servers":{"scheduled-conversations":{"type":"http","url":"${url}"}}}`);
    expect(lines).toContain(`{"mcpServers":{"scheduled-conversations":{"url":"${url}"}}}`);
    await access(join(folder, ".azurite"));
    const blobs = lines
      .find((line) => line.startsWith("Azurite keeps"))!
      .split(": ")
      .at(-1)!;
    await fetch(blobs);
    const backend = lines
      .find((line) => line.startsWith("A sample backend"))!
      .split(" ")
      .at(-1)!;
    expect(await (await fetch(`${backend}/tickets?status=open&priority=critical`)).json()).toMatchObject({ total: 3 });
    await access(join(folder, ".azurite/sample-backend.sqlite"));
    expect(lines.at(-3)).toContain(`BACKEND_API_URL='${backend}'`);

    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
    await expect(fetch(blobs)).rejects.toThrow();
    await expect(fetch(backend)).rejects.toThrow();
    expect(lines.join("\n")).not.toContain("ExperimentalWarning");
  });

  it("ends with the npm that runs it, although npm's shell does not hand its signal on", async () => {
    const command = [process.execPath, join(folder, "tools/start.ts")];
    const settings = { PORT: String(await freePort()), npm_lifecycle_event: "start", DATA_DIR: "of-npm" };
    // The trailing command keeps the shell from becoming the script itself.
    const { child, lines } = start(folder, settings, ["sh", "-c", `"${command.join('" "')}"; true`]);
    const url = await endpoint({ child, lines });
    child.kill("SIGKILL");
    await waitFor(
      () =>
        fetch(url)
          .then(() => false)
          .catch(() => true),
      "the app to stop",
    );
    // Its outputs close when the last process that holds them has gone, and that is Azurite's.
    await once(child, "close");
  });

  it("runs Core Tools when they are on the PATH, and stops them by SIGINT", async () => {
    const tools = await mkdtemp(join(tmpdir(), "core-tools-"));
    await writeFile(join(tools, "func"), coreTools);
    await chmod(join(tools, "func"), 0o755);
    const path = [tools, process.env.PATH].join(delimiter);
    const { child, lines } = start(folder, {
      PORT: String(await freePort()),
      PATH: path,
      BACKEND_API_URL: "http://127.0.0.1:9",
    });

    expect(await (await fetch(await endpoint({ child, lines }))).text()).toBe("core tools");
    expect(lines).toContain("core tools start with storage");
    expect(lines.filter((line) => line.startsWith("A sample backend"))).toEqual([]);
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(lines).toContain("core tools end");
  });

  it("says what to do when its port is taken, before it touches the data", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    const { child, lines } = start(folder, { PORT: String(port), DATA_DIR: "untouched" });

    expect(await once(child, "close")).toEqual([1, null]);
    expect(lines).toEqual([
      `Port ${port} is in use. Stop the other process or choose another port: PORT=${port + 1} DATA_DIR=untouched npm run host`,
    ]);
    await expect(access(join(folder, "untouched"))).rejects.toThrow();
    other.close();
  });

  it("says what is wrong with a setting of its own, before it touches the data", async () => {
    const settings = { PORT: String(await freePort()), DATA_DIR: "not-begun", DEVELOPMENT_HOST_HIDE_SECONDS: "abc" };
    const { child, lines } = start(folder, settings);

    expect(await once(child, "close")).toEqual([1, null]);
    expect(lines).toEqual([
      expect.stringMatching(/^DEVELOPMENT_HOST_HIDE_SECONDS=abc is no number of seconds\. Example: /),
    ]);
    await expect(access(join(folder, "not-begun"))).rejects.toThrow();
  });

  it("does not share its data folder with another one", async () => {
    const [port, others] = [await freePort(), await freePort()];
    const first = start(folder, { PORT: String(port) });
    await endpoint(first);
    const second = start(folder, { PORT: String(others) });

    expect(await once(second.child, "close")).toEqual([1, null]);
    expect(second.lines).toHaveLength(1);
    expect(second.lines[0]).toMatch(
      new RegExp(`\\.azurite is in use .* choose another folder: PORT=${others} DATA_DIR=\\.azurite-2 npm run host$`),
    );
    // As it is: what npm start says to a second npm start.
    const both = start(folder, { PORT: String(port) });
    expect(await once(both.child, "close")).toEqual([1, null]);
    expect(both.lines).toHaveLength(1);
    expect(both.lines[0]).toMatch(
      new RegExp(
        `^Port ${port} is in use\\. .*another port and folder: PORT=${port + 1} DATA_DIR=\\.azurite-2 npm run host$`,
      ),
    );
    first.child.kill("SIGKILL");
    await once(first.child, "close");

    // What was killed left its claim behind; it does not count.
    const third = start(folder, { PORT: String(await freePort()) });
    await endpoint(third);
    third.child.kill("SIGINT");
    expect(await once(third.child, "close")).toEqual([0, null]);
  });
});

function start(
  folder: string,
  settings: Record<string, string>,
  [program = "", ...words]: string[] = [process.execPath, join(folder, "tools/start.ts")],
): { child: ChildProcess; lines: string[] } {
  const env = { PATH: `${dirname(process.execPath)}${delimiter}/usr/bin${delimiter}/bin`, ...settings };
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trimEnd().split("\n")));
  }
  return { child, lines };
}

async function endpoint({ child, lines }: ReturnType<typeof start>): Promise<string> {
  const line = await waitFor(() => {
    if (child.exitCode !== null) throw new Error(`It ended: ${lines.join("\n")}`);
    return lines.find((one) => one.startsWith("MCP endpoint: "));
  }, "the endpoint");
  return line.replace("MCP endpoint: ", "");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
