import { StartError } from "./start-error.ts";

export type Segment =
  | { kind: "literal"; text: string }
  | { kind: "parameter"; name: string; optional: boolean }
  | { kind: "rest"; name: string };

/**
 * Reads a route template: literals, `{p}`, `{p?}` and `{*rest}`.
 *
 * @throws StartError for what else ASP.NET Core's templates allow (constraints, defaults, parts of a segment).
 */
export function parseRoute(template: string): Segment[] {
  return template
    .split("/")
    .filter((text) => text !== "")
    .map((text) => parseSegment(text, template));
}

/** The route's parameters, or undefined when `pathname` is another route. Letter case does not count in literals. */
export function matchRoute(route: Segment[], pathname: string): Record<string, string> | undefined {
  const parts = pathname.split("/").filter((part) => part !== "");
  const parameters: Record<string, string> = {};
  for (const segment of route) {
    const raw = segment.kind === "rest" ? parts.splice(0).join("/") : parts.shift();
    const value = raw === undefined ? undefined : decoded(raw);
    if (segment.kind === "literal") {
      if (value?.toLowerCase() !== segment.text.toLowerCase()) return undefined;
    } else if (value) {
      parameters[segment.name] = value;
    } else if (segment.kind === "parameter" && !segment.optional) {
      return undefined;
    }
  }
  return parts.length === 0 ? parameters : undefined;
}

function parseSegment(text: string, template: string): Segment {
  if (!/[{}]/.test(text)) return { kind: "literal", text };
  const [, star, name, optional] = /^\{(\*?)(\w+)(\??)\}$/.exec(text) ?? [];
  if (name === undefined || (star && optional)) {
    throw new StartError(
      `The route '${template}' uses '${text}'; the development host knows {name}, {name?} and {*rest}.`,
    );
  }
  return star ? { kind: "rest", name } : { kind: "parameter", name, optional: optional === "?" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
