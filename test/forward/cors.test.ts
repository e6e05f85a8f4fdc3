import { describe, expect, it } from "vitest";
import { createCors } from "../../src/forward/cors.ts";

const APP = "https://app.test";

function preflight(origin: string, more: Readonly<Record<string, string>> = {}): Headers {
  return new Headers({ origin, "access-control-request-method": "POST", ...more });
}

describe("CORS with a list of origins", () => {
  const cors = createCors({ origins: [APP, "tauri://localhost"] });

  it("lets a listed origin read an answer with all its fields", () => {
    expect(cors.answer(APP)).toEqual([
      ["vary", "Origin"],
      ["access-control-allow-origin", APP],
      ["access-control-expose-headers", "*"],
    ]);
    expect(cors.answer("tauri://localhost")).toContainEqual([
      "access-control-allow-origin",
      "tauri://localhost",
    ]);
  });

  it.each([null, "null", "https://app.test:444", "http://app.test", "https://app.test.evil.test"])(
    "gives %s nothing but what caches have to know",
    (origin) => {
      expect(cors.answer(origin)).toEqual([["vary", "Origin"]]);
    },
  );

  it("answers a listed origin's preflight with what it asks for", () => {
    const headers = preflight(APP, { "access-control-request-headers": "authorization,x-stainless-os" });
    expect(cors.preflight("OPTIONS", headers)).toEqual([
      ["vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
      ["access-control-allow-origin", APP],
      ["access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
      ["access-control-allow-headers", "authorization,x-stainless-os"],
      ["access-control-max-age", "7200"],
    ]);
  });

  it("allows no header where none is asked for", () => {
    const names = cors.preflight("OPTIONS", preflight(APP))?.map(([name]) => name);
    expect(names).not.toContain("access-control-allow-headers");
  });

  it("answers another origin's preflight with a refusal, which allows nothing", () => {
    expect(cors.preflight("OPTIONS", preflight("https://evil.test"))).toEqual([
      ["vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
    ]);
  });

  it("takes no other request for a preflight", () => {
    expect(cors.preflight("POST", preflight(APP))).toBeUndefined();
    expect(cors.preflight("OPTIONS", new Headers({ origin: APP }))).toBeUndefined();
    const noOrigin = new Headers({ "access-control-request-method": "POST" });
    expect(cors.preflight("OPTIONS", noOrigin)).toBeUndefined();
  });
});

describe("CORS for all origins", () => {
  const cors = createCors({ origins: ["*"], headers: ["authorization", "content-type"] });

  it("says the same to everybody, so that caches need not tell them apart", () => {
    for (const origin of [null, "null", APP]) {
      expect(cors.answer(origin)).toEqual([
        ["access-control-allow-origin", "*"],
        ["access-control-expose-headers", "*"],
      ]);
    }
  });

  it("allows the headers that are configured, whatever is asked for", () => {
    const headers = preflight(APP, { "access-control-request-headers": "x-other" });
    expect(cors.preflight("OPTIONS", headers)).toContainEqual([
      "access-control-allow-headers",
      "authorization, content-type",
    ]);
  });
});
