import { invalid } from "../kernel/errors.ts";
import { nearest } from "../kernel/nearest.ts";
import type { Toolbox, ToolSource } from "../tools/toolbox.ts";

/** More names than these help nobody. */
const shownNames = 60;

/**
 * VALIDATION_ERROR when a schedule is to allow a tool that no run could use. Tools of a server that cannot be reached
 * now are taken on trust.
 * @returns warnings: what could not be checked
 */
export async function checkTools(allowed: readonly string[] | undefined, toolbox: Toolbox): Promise<readonly string[]> {
  if (allowed === undefined) return [];
  const [tools, sources] = await Promise.all([toolbox.list(), toolbox.sources()]);
  const names = tools.map(({ name }) => name);
  const groups = [...new Set([...tools, ...sources].map(({ server }) => server))];
  const away = sources.filter(({ state }) => state !== "ready");
  const forPeople = allowed.filter((entry) => toolbox.forPeopleOnly?.().includes(entry));
  if (forPeople.length > 0) throw toolsForPeople(forPeople);
  const isKnown = (entry: string): boolean => names.includes(entry) || groups.includes(groupIn(entry) ?? "");
  const unknown = allowed.filter((entry) => !isKnown(entry) && sourceOf(entry, away) === undefined);
  if (unknown.length > 0) throw unknownTools(unknown, names, groups);
  return away.flatMap((source) => {
    const unchecked = allowed.filter((entry) => sourceOf(entry, [source]) !== undefined);
    return unchecked.length === 0 ? [] : [uncheckedWarning(source, unchecked)];
  });
}

/** The server or toolset in `name:*`. */
const groupIn = (entry: string): string | undefined => (entry.endsWith(":*") ? entry.slice(0, -2) : undefined);

const sourceOf = (entry: string, sources: readonly ToolSource[]): ToolSource | undefined =>
  sources.find(({ server }) => groupIn(entry) === server || entry.startsWith(`${server}__`));

const toolsForPeople = (forPeople: readonly string[]) =>
  invalid(`allowed_tools names ${forPeople.join(", ")}: a person does that, and no run can. Leave it out.`, {
    field: "allowed_tools",
    unknown: forPeople,
  });

function unknownTools(unknown: readonly string[], names: readonly string[], groups: readonly string[]) {
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
  const known = names.slice(0, shownNames).join(", ") + more;
  const patterns = groups.map((group) => `${group}:*`);
  const described = unknown.map((entry) => {
    const meant = names.find((name) => name.endsWith(`__${entry}`)) ?? nearest(entry, [...names, ...patterns]);
    return meant === undefined ? entry : `${entry} (did you mean ${meant}?)`;
  });
  return invalid(
    `allowed_tools names unknown tools: ${described.join(", ")}. A run can use: ${known}; or all tools of a group: ${patterns.join(", ")}.`,
    { field: "allowed_tools", unknown },
  );
}

const uncheckedWarning = ({ server, state }: ToolSource, entries: readonly string[]): string =>
  state === "auth_required"
    ? `The server ${server} refuses this app's sign-in now, so that ${entries.join(", ")} could not be checked. The operator has to mend that.`
    : `The server ${server} cannot be reached now, so that ${entries.join(", ")} could not be checked. Runs go on without its tools until it can; the operator finds the reason in the logs.`;
