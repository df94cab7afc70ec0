/** One variable of the environment, as README and local.settings.sample.json describe it. */
export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** What holds when it is not set; empty when there is nothing. */
  readonly otherwise: string;
  /** A value that works, for error messages and the sample file. */
  readonly example: string;
  /** Its value is a secret, or may hold one, and is never shown. */
  readonly isSecret?: true;
}

export const setting = (name: string, meaning: string, otherwise: string, example: string): Setting => ({
  name,
  meaning,
  otherwise,
  example,
});

/** One whose value is never shown. */
export const secret = (plain: Setting) => ({ ...plain, isSecret: true }) as const;
