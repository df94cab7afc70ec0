import { z } from "zod";
import type { SettingReader } from "./config.ts";
import type { SettingName } from "./settings.ts";

/** A setting that is true or false. */
export const readFlag = (read: SettingReader, name: SettingName, otherwise: boolean): boolean =>
  read.one(name, z.enum(["true", "false"]), otherwise ? "true" : "false") === "true";
