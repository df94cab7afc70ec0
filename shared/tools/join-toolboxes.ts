import type { Tool, Toolbox, ToolSource } from "./toolbox.ts";

/** 128 functions are what model APIs take in one request, and the engine adds one of its own. */
const maximumTools = 127;

/**
 * Our own tools and those of MCP servers as one toolbox: ours first, then server by server. What exceeds the number
 * that a model takes is left out from the end, and its server says so.
 */
export function joinToolboxes(own: Toolbox, servers: Toolbox): Toolbox {
  const listAll = async (): Promise<readonly Tool[]> => (await Promise.all([own.list(), servers.list()])).flat();
  return {
    forPeopleOnly: own.forPeopleOnly,
    list: async () => (await listAll()).slice(0, maximumTools),
    async sources() {
      const [sources, all] = await Promise.all([servers.sources(), listAll()]);
      const surplus = all.slice(maximumTools);
      return sources.map((source) => withSurplus(source, surplus));
    },
    async call(request) {
      // Ours are at hand; the servers' own answer says what is wrong with any other name.
      const isOwn = (await own.list()).some(({ name }) => name === request.name);
      const isForeign = !isOwn && request.name.includes("__");
      return isForeign ? servers.call(request) : own.call(request);
    },
  };
}

function withSurplus(source: ToolSource, surplus: readonly Tool[]): ToolSource {
  const leftOut = surplus.filter(({ server }) => server === source.server).length;
  if (leftOut === 0) return source;
  const warning = `${leftOut} of its tools are left out: a model takes ${maximumTools} in all. Name those that are needed under tools in MCP_SERVERS.`;
  return { ...source, tools: source.tools - leftOut, warnings: [...source.warnings, warning] };
}
