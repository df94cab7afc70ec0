// The child process that azurite.ts starts: Azurite itself, bound to the life of its parent.

// The channel to the parent closes when the parent disconnects on purpose and when it dies in any way, SIGKILL too.
process.once("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), 5000).unref();
});

// A dead parent no longer reads: without this, Azurite's goodbye line would end it before its data is on disk.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

// Azurite has no types for its entry, which reads process.argv and starts the services when it is loaded.
const entry: string = "azurite/dist/src/azurite.js";
await import(entry);

export {};
