import { type Config, ConfigurationError, type Environment, readConfig } from "../../shared/app/config.ts";
import { isSet } from "../../shared/app/is-set.ts";
import { type SettingName, settings } from "../../shared/app/settings.ts";
import { nearest } from "../../shared/kernel/nearest.ts";

/** One place that settings come from; the first that has the name wins, and an empty value there counts as not set. */
export interface Source {
  readonly name: string;
  readonly values: Environment;
}

export interface Explained {
  readonly rows: readonly { readonly name: string; readonly value: string; readonly from: string }[];
  /** Names in a settings file that look like one of ours and are not. */
  readonly misspelt: readonly string[];
  /** What the app would do with them; undefined when it cannot start. */
  readonly follows: readonly string[] | undefined;
  /** Why it cannot start, in the words of the start itself. */
  readonly problem: string | undefined;
}

/** The configuration that an app would have, secrets masked. Reads nothing but the values that it is given. */
export function explain(sources: readonly Source[]): Explained {
  const environment = Object.assign({}, ...sources.toReversed().map(({ values }) => values)) as Environment;
  const { config, problem } = read(environment);
  return {
    rows: (Object.keys(settings) as SettingName[]).map((name) => rowOf(name, sources)),
    misspelt: sources.flatMap(({ name, values }) => misspeltIn(name, values)),
    follows: config && followsFrom(config),
    problem,
  };
}

/** The last words to a person. @param isBare nothing says where the app is to run: most likely nobody has set up anything */
export function verdict({ follows, problem }: Explained, isBare: boolean): string {
  if (follows !== undefined) return [...follows, "", "The app can start."].join("\n");
  return `${problem}${isBare ? `\n\n${startsBare}` : ""}`;
}

const startsBare =
  "npm start needs none of this: it brings storage of its own, and the settings of local work. npm run config -- --settings local.settings.sample.json shows those.";

function rowOf(name: SettingName, sources: readonly Source[]) {
  const source = sources.find(({ values }) => values[name] !== undefined);
  const value = source?.values[name];
  if (source !== undefined && isSet(value)) return { name, value: shown(name, value.trim()), from: source.name };
  const { otherwise } = settings[name];
  const from = otherwise === "" ? "not set" : "default";
  const isHidden = sources.some(({ values }) => isSet(values[name]));
  return { name, value: otherwise || "-", from: isHidden ? `${from}, empty in ${source?.name}` : from };
}

/** Also what only may hold a secret: addresses of receivers have one in their path. */
const shown = (name: SettingName, value: string): string => ("isSecret" in settings[name] ? "[secret]" : value);

function read(environment: Environment): { config?: Config; problem?: string } {
  try {
    return { config: readConfig(environment) };
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return { problem: thrown.message };
    throw thrown;
  }
}

function misspeltIn(source: string, values: Environment): readonly string[] {
  const known = Object.keys(settings);
  return Object.keys(setOnes(values)).flatMap((name) => {
    const meant = known.includes(name) ? undefined : nearest(name, known);
    return meant !== undefined && beginsAlike(name, meant)
      ? [`${name} (${source}) is none of this app's. Was ${meant} meant?`]
      : [];
  });
}

function followsFrom(config: Config): readonly string[] {
  const { storage, model, scheduler, mcpServers, secrets, backend, telemetry } = config;
  return [
    config.isLocal
      ? "This is local work (AZURE_FUNCTIONS_ENVIRONMENT=Development)."
      : "This is no local work, so what is only for that is refused (AZURE_FUNCTIONS_ENVIRONMENT is not Development, or something of Azure is there).",
    `Storage: ${storage.kind === "connection-string" ? "by connection string" : "with the app's identity"}, container ${config.container}, queue ${config.runQueue}.`,
    `Callers: ${config.auth === "none" ? "everybody who reaches it" : "whoever has a function key"}.`,
    `Model: ${model.kind}.`,
    `Alarm: the timer, every ${config.tickSeconds} s${scheduler.service === undefined ? "" : `, and an external Scheduler at ${scheduler.service.url}`}.`,
    `Identity towards Azure: ${config.identity.kind}.`,
    `MCP servers: ${listOf(mcpServers.map(({ name }) => name))}.`,
    `Backend: ${backend?.url ?? "none"}.`,
    `Secrets: ${"vaultUrl" in secrets ? `from ${secrets.vaultUrl}` : `from variables (${listOf(Object.keys(secrets.values))})`}.`,
    `Telemetry: ${telemetry === undefined ? "none" : "to Application Insights"}.`,
  ];
}

const listOf = (names: readonly string[]): string => names.join(", ") || "none";

/** Keeps variables of other programs out. */
const beginsAlike = (name: string, meant: string): boolean =>
  name.slice(0, 3).toLowerCase() === meant.slice(0, 3).toLowerCase();

const setOnes = (values: Environment): Environment =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => isSet(value)));
