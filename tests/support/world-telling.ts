import type { World } from "./world.ts";

export const notifyUrl = "https://here.contoso.com/hook";
/** The part of a request by which a schedule tells of every end. */
export const tellingRequest = { notify: "always", notifyUrl } as const;
/** The events that receivers took, in the order in which they came. */
export const eventsTold = ({ letters }: World) => letters.map(({ id }) => id.replace(/^.*_[pmb]\w+?_(?=[a-z])/, ""));
