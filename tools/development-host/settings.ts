import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { commandWith, StartError } from "./start-error.ts";

const seconds = z
  .string()
  .regex(/^\d{2}:\d{2}:\d{2}$/, "must be written as hh:mm:ss")
  .transform((span) => span.split(":").reduce((total, part) => total * 60 + Number(part), 0));

const level = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["trace", "debug", "information", "warning", "error", "critical", "none"]));

// The defaults are the real host's: https://learn.microsoft.com/azure/azure-functions/functions-host-json
const queues = z
  .object({
    batchSize: z.int().min(1).max(32).default(16),
    newBatchThreshold: z.int().min(0).optional(),
    maxDequeueCount: z.int().min(1).default(5),
    maxPollingInterval: seconds.prefault("00:01:00"),
    visibilityTimeout: seconds.prefault("00:00:00"),
    messageEncoding: z.enum(["base64", "none"]).default("base64"),
  })
  .transform((queue) => ({ ...queue, newBatchThreshold: queue.newBatchThreshold ?? Math.floor(queue.batchSize / 2) }));

const hostFile = z
  .object({
    version: z.literal("2.0"),
    logging: z.object({ logLevel: z.object({ default: level.prefault("information") }).prefault({}) }).prefault({}),
    extensions: z
      .object({
        http: z.object({ routePrefix: z.string().default("api") }).prefault({}),
        queues: queues.prefault({}),
      })
      .prefault({}),
  })
  .transform(({ logging, extensions }) => ({
    logLevel: logging.logLevel.default,
    routePrefix: extensions.http.routePrefix,
    queues: extensions.queues,
  }));

const packageFile = z.object({ main: z.string() });
const localSettingsFile = z.object({ Values: z.record(z.string(), z.string()).default({}) });

export type HostSettings = z.output<typeof hostFile>;
/** Times are in seconds. */
export type QueueSettings = HostSettings["queues"];

/** Reads host.json. @throws StartError that names the wrong field. */
export function readHostSettings(appDirectory: string): HostSettings {
  return readJson(join(appDirectory, "host.json"), hostFile);
}

/** The path of the bundle that package.json names as `main`. @throws StartError when there is none. */
export function bundlePath(appDirectory: string): string {
  const path = join(appDirectory, readJson(join(appDirectory, "package.json"), packageFile).main);
  if (!existsSync(path)) throw new StartError(`There is no ${path}: run npm run build first.`);
  return path;
}

/** Sets the `Values` of local.settings.json, where there is one, as environment variables that are not yet set. */
export function fillEnvironment(appDirectory: string): void {
  const path = join(appDirectory, "local.settings.json");
  if (!existsSync(path)) return;
  for (const [name, value] of Object.entries(localSettingsIn(path))) process.env[name] ??= value;
}

/** The `Values` of a file such as local.settings.json. @throws StartError when it is not there or not valid */
export const localSettingsIn = (path: string): Readonly<Record<string, string>> =>
  readJson(path, localSettingsFile).Values;

/** The setting PORT, 7071 when it is not set. @throws StartError when it is not a port. */
export function portSetting(): number {
  const port = Number(process.env.PORT ?? 7071);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new StartError(`PORT=${process.env.PORT} is not a port. Example: ${commandWith("PORT=7072")}`);
}

/** The setting DEVELOPMENT_HOST_HIDE_SECONDS, which tests that kill hosts use. @throws StartError when it is no number. */
export function hideSecondsSetting(): number | undefined {
  const text = process.env.DEVELOPMENT_HOST_HIDE_SECONDS;
  const hideSeconds = Number(text ?? "");
  if (text === undefined || (Number.isInteger(hideSeconds) && hideSeconds > 0)) return hideSeconds || undefined;
  throw new StartError(
    `DEVELOPMENT_HOST_HIDE_SECONDS=${text} is no number of seconds. Example: ${commandWith("DEVELOPMENT_HOST_HIDE_SECONDS=60")}`,
  );
}

/** Replaces each `%NAME%` by the setting NAME. @throws StartError when it is not set. */
export function resolveSettings(text: string): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new StartError(`'${text}' needs the setting ${name}, which is not set.`);
    return value;
  });
}

function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new StartError(`There is no ${path}.`);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll("\n", " ") : String(error);
    throw new StartError(`${path} is not valid: ${reason}`);
  }
}
