import { expect, it } from "vitest";
import { shownUrl } from "../../shared/schedule/notify.ts";

it.each([
  ["https://hooks.contoso.com/reports", "https://hooks.contoso.com/reports"],
  ["https://hooks.contoso.com/reports?sig=topsecret&v=1#part", "https://hooks.contoso.com/reports?***"],
  ["https://chat.contoso.com/services/T024F/B0/a1b2c3d4e5f6a7b8c9d0", "https://chat.contoso.com/services/T024F/B0/***"],
])("an address is shown without what may be a key: %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
