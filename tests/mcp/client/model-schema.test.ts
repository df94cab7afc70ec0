import { describe, expect, it } from "vitest";
import { modelSchema } from "../../../shared/mcp/client/model-schema.ts";

const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

describe("a tool's schema", () => {
  it("is passed through, with everything that describes it", () => {
    const schema = object(
      {
        city: { type: "string", description: "A city.", enum: ["Berlin", "Lima"] },
        when: { anyOf: [{ type: "string" }, { type: "null" }] },
        place: { $ref: "#/$defs/place" },
        home: { $ref: "#/$defs/place" },
      },
      { required: ["city"], additionalProperties: false, $defs: { place: object({ zip: { type: "string" } }) } },
    );
    expect(modelSchema(schema)).toEqual({ schema });
  });

  it("is completed where that changes nothing: properties, items, and no dialect", () => {
    const dialect = "https://json-schema.org/draft/2020-12/schema";
    expect(modelSchema({ $schema: dialect, type: "object" })).toEqual({ schema: { type: "object", properties: {} } });
    const lists = object({
      a: { type: "array" },
      b: { anyOf: [{ type: ["array", "null"] }] },
      items: { type: "string" },
    });
    expect(modelSchema(lists)).toEqual({
      schema: object({
        a: { type: "array", items: {} },
        b: { anyOf: [{ type: ["array", "null"], items: {} }] },
        items: { type: "string" },
      }),
    });
  });

  it("may have properties with the names of keywords", () => {
    const schema = object({ $ref: { type: "string" }, anyOf: { type: "string" }, properties: { type: "string" } });
    expect(modelSchema(schema)).toEqual({ schema });
  });

  const nested = (levels: number): object =>
    levels === 0 ? { type: "string" } : object({ inner: nested(levels - 1) });
  const bad: [string, unknown, string][] = [
    ["that is missing", undefined, "is no object"],
    ["that is a list", [], "is no object"],
    ["of another type", { type: "string" }, 'is not of type "object"'],
    ["without a type", { properties: {} }, 'is not of type "object"'],
    ["with a choice at the root", object({}, { oneOf: [{}] }), "has oneOf at the root"],
    ["with properties that are a list", object([]), "has properties that are no object"],
    ["with such properties deep inside", object({ a: { type: "object", properties: "x" } }), "has properties that are"],
    [
      "that is too long",
      object({ a: { enum: Array.from({ length: 4000 }, (_, n) => `value ${n}`) } }),
      "longer than 32 KiB",
    ],
    ["that is nested too deeply", nested(30), "nested too deeply"],
    ["that is nested without end", nested(3000), "nested too deeply"],
    ["that refers to itself", object({ a: { $ref: "#" } }), "refers to itself"],
    ["with a place that refers to itself", object({ a: { properties: { b: { $ref: "#/properties/a" } } } }), "itself"],
    [
      "with definitions that refer to each other",
      object(
        { a: { $ref: "#/$defs/x" } },
        { $defs: { x: { items: { $ref: "#/$defs/y" } }, y: { not: { $ref: "#/$defs/x" } } } },
      ),
      "refers to itself",
    ],
    [
      "with an unused definition that refers to itself",
      object({}, { $defs: { x: { items: { $ref: "#/$defs/x" } } } }),
      "itself",
    ],
    ["that refers to itself by another keyword", object({ a: { $dynamicRef: "#node" } }), "refers to itself"],
    ["that refers to nothing", object({ a: { $ref: "#/$defs/gone" } }), "something that is not in it"],
    ["that refers to what every object has", object({ a: { $ref: "#/constructor" } }), "something that is not in it"],
    ["that refers to another document", object({ a: { $ref: "https://contoso.com/schema.json" } }), "another document"],
    ["that refers to an anchor", object({ a: { $ref: "#name" } }), "another document"],
  ];

  it.each(bad)("%s is refused", (_what, schema, problem) => {
    expect(modelSchema(schema)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it("with many references to the same definitions is read in no time", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        `d${n}`,
        { anyOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
      ]),
    );
    const schema = object({ a: { $ref: "#/$defs/d0" } }, { $defs: { ...$defs, d60: { type: "string" } } });
    expect(modelSchema(schema)).toEqual({ schema });
  });
});
