/** Why the host cannot start, in one line that says what to do about it. */
export class StartError extends Error {
  override name = "StartError";
}

/** The line that starts this again with other settings, by the npm script that was used. */
export function commandWith(settings: string): string {
  return `${settings} npm run ${process.env.npm_lifecycle_event ?? "host"}`;
}

export function portTaken(port: number): StartError {
  const command = commandWith(`PORT=${port + 1}`);
  return new StartError(`Port ${port} is in use. Stop the other process or choose another port: ${command}`);
}

/** The text for a person: errors that were written for people come without their stack. */
export function startErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forPeople = error.name === "StartError" || error.name === "ConfigurationError";
  return forPeople ? error.message : (error.stack ?? error.message);
}
