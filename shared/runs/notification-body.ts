import { toIso } from "../kernel/clock.ts";
import type { Notification } from "./notification.ts";
import type { NotifyFormat } from "./notifier.ts";

/** The JSON text that is sent. Nothing in a text of a model or a tool can mention people or become a link's label. */
export function bodyOf(notification: Notification, format: NotifyFormat): string {
  return JSON.stringify(shapes[format](notification));
}

const shapes: Readonly<Record<NotifyFormat, (notification: Notification) => unknown>> = {
  /** Of Standard Webhooks: type, timestamp, data. */
  standard: ({ type, at, data }) => ({ type, timestamp: toIso(at), data }),
  /** An Adaptive Card, as workflows of Teams take it; runs of text know no Markdown. */
  teams: ({ title, text }) => ({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          type: "AdaptiveCard",
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          version: "1.4",
          body: [card(title, true), ...(text === undefined ? [] : [card(text, false)])],
        },
      },
    ],
  }),
  /** Blocks of plain text, where <!channel> is nothing but text; `text` is what a phone shows. */
  slack: ({ title, text }) => ({
    text: escaped(title),
    blocks: [section(title), ...(text === undefined ? [] : [section(text)])],
  }),
};

const card = (text: string, isTitle: boolean) => ({
  type: "RichTextBlock",
  inlines: [{ type: "TextRun", text, ...(isTitle ? { weight: "Bolder" } : {}) }],
});

/** Slack refuses a section whose text is longer. */
const longestSection = 3000;

const section = (text: string) => ({
  type: "section",
  text: { type: "plain_text", text: text.slice(0, longestSection), emoji: false },
});

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
