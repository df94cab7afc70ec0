import { z } from "zod";

/** An absolute http or https address. */
export const address = z
  .string()
  .refine(
    (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
    "an address that begins with https:// is expected",
  );

/** What is reached over a network of others. */
export const secureAddress = address.refine(
  (text) => /^https:/i.test(text),
  "an address that begins with https:// is expected; http:// is only for local work",
);
