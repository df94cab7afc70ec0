import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bareEnvironment } from "../support/bare-environment.ts";

const main = fileURLToPath(new URL("../../tools/config/main.ts", import.meta.url));
const sample = fileURLToPath(new URL("../../local.settings.sample.json", import.meta.url));

function config(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    env: bareEnvironment,
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}

it("explains a settings file and ends with 0 when an app could start with it", () => {
  const { code, output } = config("--explain", "--settings", sample);
  expect(output).toMatch(/^AzureWebJobsStorage +\[secret\] +.*sample\.json$/m);
  expect(output).toMatch(/^LOG_LEVEL +info +default$/m);
  expect(output.trim().split("\n").at(-1)).toBe("The app can start.");
  expect(code).toBe(0);
});

it("ends with 1 when it could not, and with 2 when it cannot be read or asked like that", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  const wrong = join(folder, "wrong.json");
  await writeFile(wrong, JSON.stringify({ Values: { LOG_LEVEL: "loud" } }));
  expect(config("--settings", wrong)).toMatchObject({
    code: 1,
    output: expect.stringContaining("- LOG_LEVEL is wrong"),
  });
  await writeFile(wrong, "{");
  expect(config("--settings", wrong)).toMatchObject({ code: 2, output: expect.stringContaining("is not valid") });
  expect(config("--settings", join(folder, "none.json"))).toMatchObject({
    code: 2,
    output: expect.stringContaining("There is no"),
  });
  expect(config("--loud").output).toBe("Expected is: npm run config -- [--explain] [--settings FILE]\n");
  await rm(folder, { recursive: true });
});
