import { ConfigurationError, type Environment, readConfig } from "../../shared/app/config.ts";

/** What the start would say is wrong with these settings, one line each. */
export function problemsOf(environment: Environment): string[] {
  try {
    readConfig(environment);
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    return thrown.message.split("\n- ").slice(1);
  }
  return [];
}
