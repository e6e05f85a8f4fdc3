import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { Received } from "../../support/fault-upstream.ts";
import type { Pair } from "../../support/http-message.ts";
import { request } from "../../support/raw-request.ts";
import { INVENTS_FIELDS } from "./lacks.ts";
import { type Fixture, setup, through } from "./request-fixture.ts";

const CREDENTIALS: readonly Pair[] = [
  ["Authorization", "Bearer sk-client"],
  ["X-Api-Key", "k1"],
  ["Api-Key", "k2"],
  ["X-Goog-Api-Key", "k3"],
];

const queryOf = ({ target }: Received): string => target.slice(target.indexOf("?"));

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "hop-by-hop fields are dropped, those named in Connection too",
    async run(fixture) {
      const got = await through(fixture, {
        headers: [
          ["Connection", "keep-alive, X-Private-Hop"],
          ["X-Private-Hop", "1"],
          ["Keep-Alive", "timeout=5"],
          ["TE", "trailers"],
          ["Trailer", "X-Sum"],
          ["Proxy-Authorization", "Basic eDp5"],
          ["Proxy-Connection", "keep-alive"],
          ["Upgrade", "other/2"],
          ["X-Stays", "1"],
        ],
      });
      const dropped = [
        "x-private-hop",
        "keep-alive",
        "te",
        "trailer",
        "proxy-authorization",
        "proxy-connection",
        "upgrade",
      ];
      expect(dropped.filter((name) => got.header(name) !== undefined)).toEqual([]);
      expect(got.header("x-stays")).toBe("1");
    },
  },
  {
    name: "Host is the upstream's and User-Agent is LLMProxy/1.0",
    async run(fixture) {
      const got = await through(fixture, { headers: [["User-Agent", "curl/8"]] });
      expect(got.all("host")).toEqual([`127.0.0.1:${fixture.up.port}`]);
      expect(got.all("user-agent")).toEqual(["LLMProxy/1.0"]);
    },
  },
  {
    name: "X-Forwarded-* are written afresh for a peer that is not trusted, and Forwarded is dropped",
    async run(fixture) {
      const got = await through(fixture, {
        headers: [
          ["X-Forwarded-For", "203.0.113.9"],
          ["X-Forwarded-Proto", "https"],
          ["X-Forwarded-Host", "evil.test"],
          ["Forwarded", "for=203.0.113.9"],
        ],
      });
      expect(got.all("x-forwarded-for")).toEqual(["127.0.0.1"]);
      expect(got.all("x-forwarded-proto")).toEqual(["http"]);
      expect(got.all("x-forwarded-host")).toEqual(["proxy.test"]);
      expect(got.all("forwarded")).toEqual([]);
    },
  },
  {
    name: "other fields pass with their values, repeated ones with all of them",
    async run(fixture) {
      const got = await through(fixture, {
        headers: [
          ["X-Multi", "a"],
          ["X-Multi", "b, c"],
          ["X-Odd", `"quo\\"ted"; x=1,2`],
          ["Accept", "text/event-stream"],
          ["OpenAI-Beta", "assistants=v2"],
        ],
      });
      expect(got.all("x-multi").join(", ")).toBe("a, b, c");
      expect(got.header("x-odd")).toBe(`"quo\\"ted"; x=1,2`);
      expect(got.header("accept")).toBe("text/event-stream");
      expect(got.header("openai-beta")).toBe("assistants=v2");
    },
  },
  {
    name: "the content type is passed as sent and none is invented",
    async run(fixture) {
      const typed = await through(fixture, {
        body: "{}",
        headers: [["content-type", "Application/JSON;charset=x"]],
      });
      expect(typed.all("content-type")).toEqual(["Application/JSON;charset=x"]);
      const untyped = await through(fixture, { body: "{}" });
      expect(untyped.all("content-type")).toEqual([]);
    },
  },
  {
    name: "no field is invented",
    skip: INVENTS_FIELDS,
    async run(fixture) {
      const got = await through(fixture, { body: "x" });
      const own =
        /^(host|user-agent|connection|content-length|transfer-encoding|x-request-id|via|x-forwarded-(for|proto|host))$/;
      expect(
        got.message.headers.map(([name]) => name.toLowerCase()).filter((name) => !own.test(name)),
      ).toEqual([]);
    },
  },
  {
    name: "accept-encoding passes as sent",
    async run(fixture) {
      const got = await through(fixture, { headers: [["Accept-Encoding", "br;q=0.5, gzip"]] });
      expect(got.all("accept-encoding")).toEqual(["br;q=0.5, gzip"]);
    },
  },
  {
    name: "no encoding is asked for that the client did not ask for",
    async run(fixture) {
      for (const headers of [[], [["Accept-Encoding", "identity"]]] as const) {
        const got = await through(fixture, { headers });
        expect(["", "identity"]).toContain(got.all("accept-encoding").join());
      }
    },
  },
  {
    name: "the client's credentials pass where the upstream has no auth",
    async run(fixture) {
      const got = await through(fixture, { headers: CREDENTIALS });
      for (const [name, value] of CREDENTIALS) expect(got.all(name.toLowerCase())).toEqual([value]);
    },
  },
  {
    name: "the upstream's bearer token takes the place of all the client's credentials",
    async run(fixture) {
      const got = await through(fixture, { forward: "bearer", headers: CREDENTIALS });
      expect(got.all("authorization")).toEqual(["Bearer sk-own"]);
      expect(["x-api-key", "api-key", "x-goog-api-key"].flatMap(got.all)).toEqual([]);
    },
  },
  {
    name: "a key that a rule replaces takes the place of all the client's credentials",
    async run(fixture) {
      const got = await through(fixture, {
        forward: "replacing",
        headers: CREDENTIALS,
        query: "?key=k4&a=1",
      });
      expect(CREDENTIALS.map(([name]) => got.all(name.toLowerCase()))).toEqual([[], ["sk-own"], [], []]);
      expect(queryOf(got)).toBe("?a=1");
    },
  },
  {
    name: "a key that a rule inserts is sent where the client does not send that field, and alone",
    async run(fixture) {
      const ask = (more: { headers?: readonly Pair[]; query?: string }) =>
        through(fixture, { forward: "inserting", ...more });
      const keys = (got: Received) => CREDENTIALS.map(([name]) => got.all(name.toLowerCase()).join());
      const none = await ask({ query: "?a=1" });
      expect([...keys(none), queryOf(none)]).toEqual(["", "sk-own", "", "", "?a=1"]);
      const same = await ask({ headers: [["X-Api-Key", "c"]], query: "?key=c&a=1" });
      expect([...keys(same), queryOf(same)]).toEqual(["", "c", "", "", "?key=c&a=1"]);
      const other = await ask({ headers: [["Authorization", "Bearer c"]], query: "?key=c&a=1" });
      expect([...keys(other), queryOf(other)]).toEqual(["", "sk-own", "", "", "?a=1"]);
    },
  },
  {
    name: "credentials in the query pass where the upstream has no auth, and are dropped where it has",
    async run(fixture) {
      const query = "?b=%20x+y&%6bey=k4&monkey=1&Api-Key=k5&&u=%C3%A4&access_token=k6&key";
      expect(queryOf(await through(fixture, { query }))).toBe(query);
      const dropped = await through(fixture, { forward: "bearer", query });
      expect(queryOf(dropped)).toBe("?b=%20x+y&monkey=1&&u=%C3%A4");
      expect((await through(fixture, { forward: "bearer", query: "?key=k4" })).target).not.toContain("?");
    },
  },
  {
    name: "basic auth sends user and password",
    async run(fixture) {
      const got = await through(fixture, { forward: "basic", headers: CREDENTIALS });
      expect(got.all("authorization")).toEqual([`Basic ${Buffer.from("ann:p:w").toString("base64")}`]);
    },
  },
  {
    name: "header rules insert, replace and remove",
    async run(fixture) {
      const got = await through(fixture, {
        forward: "rules",
        headers: [
          ["X-There", "client"],
          ["X-Replaced", "client"],
          ["X-Removed", "client"],
        ],
      });
      const values = ["x-inserted", "x-there", "x-replaced", "x-added", "x-removed"].map((name) =>
        got.all(name).join(),
      );
      expect(values).toEqual(["mine", "client", "mine", "mine", ""]);
    },
  },
  {
    name: "a sane x-request-id goes up and comes back; without one there is a new one each time",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const port = proxy.port("plain");
      const given = await request(port, path, { headers: [["X-Request-Id", "abc-123_x.Y"]] });
      expect(given.header("x-llmproxy-request-id")).toBe("abc-123_x.Y");
      const made = [await request(port, path), await request(port, path)].map((answer) =>
        answer.header("x-llmproxy-request-id"),
      );
      expect(made[0]).toMatch(/^\S{8,}$/);
      expect(made[1]).not.toBe(made[0]);
      expect(up.requests(path).map((got) => got.header("x-request-id"))).toEqual(["abc-123_x.Y", ...made]);
    },
  },
  {
    name: "an x-request-id that is not sane is replaced",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      for (const id of ["a".repeat(2_000), 'x" onload="', "a b"]) {
        const answer = await request(proxy.port("plain"), path, { headers: [["x-request-id", id]] });
        expect(answer.header("x-llmproxy-request-id")).toMatch(/^[\w.-]{8,64}$/);
      }
    },
  },
];

contract("the request's header fields", setup, rows);
