import { z } from "zod";

/** An absolute http or https address. */
export const address = z
  .string()
  .refine(
    (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
    "an address that begins with https:// is expected",
  );
