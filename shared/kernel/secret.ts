const shown = "[secret]";

/**
 * A text that no log, error, blob or template may show. Everything that turns a value into text gives `[secret]`;
 * only `open` gives the text, at the place that sends it.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it where it is sent or compared, and keep what it gives nowhere. */
  open(): string {
    return this.#text;
  }

  toString(): string {
    return shown;
  }

  /** JSON.stringify asks for this. */
  toJSON(): string {
    return shown;
  }

  /** console.log and util.inspect ask for this; the symbol is Node's, by its registered name. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return shown;
  }
}

/** A secret that stands in the configuration, or the name of one that the vault keeps. */
export type SecretText = { readonly value: Secret } | { readonly secret: string };
