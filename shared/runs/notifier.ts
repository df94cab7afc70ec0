import type { Instant } from "../kernel/clock.ts";
import type { Delivery } from "./notice.ts";

export const notifyFormats = ["standard", "teams", "slack"] as const;
export type NotifyFormat = (typeof notifyFormats)[number];

/** What the operator has set for all notifications. */
export interface NotifySettings {
  /** Where schedules tell that name no address of their own. */
  readonly url?: string | undefined;
  readonly format: NotifyFormat;
  /** There is a key to sign with, or a format that needs none: schedules may name addresses of their own. */
  readonly takesUrls: boolean;
  /** Local work: addresses may begin with http:// and lead to this machine. */
  readonly isLocal: boolean;
}

/** One notification as it is sent; the same id and body at each attempt. */
export interface Letter {
  readonly id: string;
  readonly url: string;
  /** The address is the operator's and not one that a person has given. */
  readonly isOperators: boolean;
  readonly sentAt: Instant;
  /** JSON. */
  readonly body: string;
}

/**
 * One attempt, at most ten seconds. Never throws: what goes wrong is the answer, its foreign text goes to the log. busy:
 * nothing was tried, so many letters are under way that one more could hold up runs.
 */
export interface Notifier {
  deliver(letter: Letter): Promise<Delivery | "busy">;
}
