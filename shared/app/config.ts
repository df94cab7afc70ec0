import { z } from "zod";
import type { Identity } from "../azure/identity.ts";
import type { SecretSource } from "../azure/vault.ts";
import { type Toolset, toolsets } from "../catalog/tool.ts";
import type { EventLevel } from "../kernel/events.ts";
import type { ServerSettings } from "../mcp/client/server-settings.ts";
import type { Prices } from "../runs/cost.ts";
import { isSet } from "./is-set.ts";
import { type BackendConfig, readBackend } from "./read-backend.ts";
import { readFlag } from "./read-flag.ts";
import { readIdentity } from "./read-identity.ts";
import { readMcpServers, secretsOf } from "./read-mcp-servers.ts";
import { type ModelConfig, readModel } from "./read-model.ts";
import { type NotifyConfig, readNotify } from "./read-notify.ts";
import { readPrices } from "./read-prices.ts";
import { readScheduler, type SchedulerConfig, secretsOfScheduler } from "./read-scheduler.ts";
import { readSecrets } from "./read-secrets.ts";
import { readStorage, type StorageConfig } from "./read-storage.ts";
import { readLogLevel, readTelemetry, type TelemetryConfig } from "./read-telemetry.ts";
import { settingWords } from "./setting-issue.ts";
import { type SettingName, settings } from "./settings.ts";
import { wholeNumber } from "./whole-number.ts";

export interface Config {
  /**
   * Says so explicitly (AZURE_FUNCTIONS_ENVIRONMENT=Development); never guessed from what is missing. Where a platform
   * has left its mark, not even then: a setting copied along must not open the endpoint to everybody.
   */
  readonly isLocal: boolean;
  readonly identity: Identity;
  readonly storage: StorageConfig;
  readonly container: string;
  readonly runQueue: string;
  readonly auth: "none" | "function-key";
  readonly toolsets: readonly Toolset[];
  readonly readOnly: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly model: ModelConfig;
  readonly contextTokens: number;
  readonly prices: Prices | undefined;
  readonly notify: NotifyConfig;
  readonly scheduler: SchedulerConfig;
  readonly mcpServers: readonly ServerSettings[];
  /** Absent: so are the tools of the group `backend`. */
  readonly backend: BackendConfig | undefined;
  readonly secrets: SecretSource;
  readonly tickSeconds: number;
  readonly dueShards: number;
  readonly leaseSeconds: number;
  readonly minimumIntervalSeconds: number;
  /** Absent: traces and metrics go nowhere. */
  readonly telemetry: TelemetryConfig | undefined;
  readonly logLevel: EventLevel;
  /** Whether lines of level debug may hold what is said in conversations. */
  readonly logContent: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A wrong setting. The message names the variable, what was expected, and an example. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigurationError";
  }
}

/** Reads the process's environment. */
// biome-ignore lint/style/noProcessEnv: the one place that reads the environment
export const readProcessConfig = (): Config => readConfig(process.env);

/**
 * The environment as configuration.
 * @throws ConfigurationError naming every setting that is wrong, so that one start shows them all
 */
export function readConfig(environment: Environment): Config {
  const read = createReader(environment);
  const isLocal =
    environment.AZURE_FUNCTIONS_ENVIRONMENT === "Development" &&
    !platformMarks.some((mark) => isSet(environment[mark]));
  const mcpServers = readMcpServers(read, isLocal);
  const scheduler = readScheduler(read, environment, isLocal);
  const container = read.one("STORAGE_CONTAINER", containerName, "scheduled-conversations");
  const config = {
    isLocal,
    identity: readIdentity(read, environment, isLocal),
    storage: readStorage(read, isLocal),
    container,
    runQueue: `${container}-runs`,
    auth: readAuth(read, isLocal),
    toolsets: read.one("MCP_TOOLSETS", list(z.enum(toolsets)), [...toolsets]),
    readOnly: readFlag(read, "MCP_READ_ONLY", false),
    allowedHosts: [...read.one("ALLOWED_HOSTS", list(hostName), []), ...ownHost(environment)],
    allowedOrigins: read.one("ALLOWED_ORIGINS", list(origin), []),
    model: readModel(read, isLocal),
    contextTokens: read.one("MODEL_CONTEXT_TOKENS", wholeNumber(1000, 10_000_000), 128_000),
    prices: readPrices(read),
    notify: readNotify(read, isLocal),
    scheduler,
    mcpServers,
    backend: readBackend(read, isLocal),
    secrets: readSecrets(read, environment, [...secretsOf(mcpServers), ...secretsOfScheduler(scheduler)]),
    tickSeconds: Number(read.one("TICK_SECONDS", z.enum(["5", "10", "15", "20", "30", "60"]), "60")),
    dueShards: read.one("DUE_SHARDS", wholeNumber(1, 64), 4),
    leaseSeconds: read.one("RUN_LEASE_SECONDS", wholeNumber(15, 60), 60),
    minimumIntervalSeconds: read.one("MINIMUM_INTERVAL_SECONDS", wholeNumber(60, 86_400), 60),
    telemetry: readTelemetry(read),
    logLevel: readLogLevel(read),
    logContent: readFlag(read, "LOG_CONTENT", false),
  } satisfies Config;
  read.throwIfWrong();
  return config;
}

/** Set by App Service and Functions, by Container Apps, and in every pod of Kubernetes. */
const platformMarks = ["WEBSITE_SITE_NAME", "CONTAINER_APP_NAME", "KUBERNETES_SERVICE_HOST"] as const;

/** Reads settings one by one and keeps what is wrong for the end. */
export interface SettingReader {
  text(name: SettingName): string | undefined;
  one<T>(name: SettingName, schema: z.ZodType<T, string>, otherwise: T): T;
  /** Notes a problem that concerns more than the value of one setting. */
  refuse(name: SettingName, problem: string): void;
  throwIfWrong(): void;
}

function createReader(environment: Environment): SettingReader {
  const problems: string[] = [];
  const text = (name: SettingName): string | undefined => {
    const value = environment[name]?.trim();
    return value === "" ? undefined : value;
  };
  const refuse = (name: SettingName, problem: string): void => {
    problems.push(`${name} ${problem} Example: ${name}=${settings[name].example}`);
  };
  return {
    text,
    refuse,
    one(name, schema, otherwise) {
      const value = text(name);
      if (value === undefined) return otherwise;
      const parsed = schema.safeParse(value, settingWords);
      if (parsed.success) return parsed.data;
      refuse(name, `is wrong: ${parsed.error.issues[0]?.message ?? "not understood"}.`);
      return otherwise;
    },
    throwIfWrong() {
      if (problems.length > 0) throw new ConfigurationError(`The app cannot start:\n- ${problems.join("\n- ")}`);
    },
  };
}

function readAuth(read: SettingReader, isLocal: boolean): Config["auth"] {
  const auth = read.one("MCP_AUTH", z.enum(["none", "function-key"]), "function-key");
  if (auth === "none" && !isLocal) {
    read.refuse(
      "MCP_AUTH",
      "is none, which lets everybody in and is only for local work (AZURE_FUNCTIONS_ENVIRONMENT=Development).",
    );
  }
  return auth;
}

// Rules of container names, and room for "-runs-poison" in the 63 characters of a queue's name.
const containerName = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){2,50}$/, "3 to 51 lower-case letters, digits and single hyphens are expected");

const hostName = z
  .string()
  .toLowerCase()
  .regex(
    /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])$/,
    "host names such as mcp.contoso.com are expected, without https:// and without a port",
  );

const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    "an origin such as https://contoso.com is expected",
  );

const list = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ""))
    .pipe(z.array(item).min(1, "at least one is expected"));

/** The name that App Service gives the app. */
const ownHost = ({ WEBSITE_HOSTNAME: name }: Environment): string[] =>
  isSet(name) ? [name.trim().toLowerCase().replace(/:\d+$/, "")] : [];
