import type { World, WorldOptions } from "./world.ts";

/** Spoils a blob from outside: it is there and says nothing. */
export const damage = (world: World, name: string) => world.blobs.write(name, "{", { condition: "always" });

/** Names under which blobs were set aside, as the log tells them. */
export const quarantined = (world: World) =>
  world.recorded.filter(({ name }) => name === "storage.quarantined").map(({ fields }) => fields?.blob);

/** Two workers and a model that takes longer than a lease. */
export const slow: WorldOptions = { workers: 2, model: () => ({ text: "Done.", takesMs: 100_000 }) };
