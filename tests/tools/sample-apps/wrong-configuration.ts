// An app that refuses to start, as ours does when a setting is wrong.

class ConfigurationError extends Error {
  override name = "ConfigurationError";
}

throw new ConfigurationError("MODEL is not set. Example: MODEL=rehearsal");
