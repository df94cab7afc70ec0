import { azureSettings } from "./settings/azure.ts";
import { connectedSettings } from "./settings/connected.ts";
import { endpointSettings } from "./settings/endpoint.ts";
import { modelSettings } from "./settings/model.ts";
import { runningSettings } from "./settings/running.ts";
import { schedulerSettings } from "./settings/scheduler.ts";

/** Every variable that the app reads, in the order of the README. */
export const settings = {
  ...azureSettings,
  ...endpointSettings,
  ...modelSettings,
  ...connectedSettings,
  ...schedulerSettings,
  ...runningSettings,
};

export type SettingName = keyof typeof settings;
