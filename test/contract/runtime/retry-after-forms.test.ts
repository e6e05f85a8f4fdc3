import { expect } from "vitest";
import { answer, failing } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { Pair } from "../../support/http-message.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

const inAMinute = new Date(Date.now() + 60_000);
const retryAfter = (...values: readonly string[]): readonly Pair[] =>
  values.map((value): Pair => ["retry-after", value]);

/** Ways to ask for more than 30 s, which is not waited for. */
const LONG: Readonly<Record<string, readonly Pair[]>> = {
  seconds: retryAfter("40"),
  "a decimal": retryAfter("40.5"),
  "a unit": retryAfter("40s"),
  "two units": retryAfter("1m30s"),
  milliseconds: retryAfter("40000ms"),
  "an ISO 8601 duration": retryAfter("PT40S"),
  quotes: retryAfter('"40"'),
  "a value that is joined": retryAfter("40, 40"),
  "two fields": retryAfter("0", "40"),
  "an HTTP-date": retryAfter(inAMinute.toUTCString()),
  "a date in -0000": retryAfter(inAMinute.toUTCString().replace("GMT", "-0000")),
  "a date in UTC": retryAfter(inAMinute.toUTCString().replace("GMT", "UTC")),
  "an ISO 8601 date": retryAfter(inAMinute.toISOString()),
  "a Unix time": retryAfter(String(Math.round(inAMinute.getTime() / 1000))),
  "a Unix time in milliseconds": retryAfter(String(inAMinute.getTime())),
  "retry-after-ms": [["retry-after-ms", "40000"]],
};

/** Ways to ask for nothing that can be understood. */
const UNCLEAR: Readonly<Record<string, readonly Pair[]>> = {
  words: retryAfter("soon"),
  "an unknown unit": retryAfter("40x"),
  "no date that there is": retryAfter("Thu, 99 Jan 2026 00:00:10 GMT"),
};

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

/** An upstream a form, since one that asks for time is left alone. */
const FORMS = [...Object.keys(LONG), ...Object.keys(UNCLEAR), "body"];
const nameOf = (form: string): string => `u${FORMS.indexOf(form)}`;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const names = FORMS.map(nameOf);
  const yaml = `
http_server:
  forwards:
${names.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
upstreams:
${names.map((name) => `  - {name: ${name}, url: "${up.url}", auth: {type: bearer, token: k}}`).join("\n")}
upstream_groups:
${names.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}], http_client: {retry: {attempts: 1, initial: 100}}}`).join("\n")}
`;
  return { up, proxy: await start(yaml) };
}

async function ask({ up, proxy }: Fixture, form: string, behaviour: Behaviour) {
  const path = uniquePath("/v1/chat/completions");
  up.on(path, behaviour);
  const got = await request(proxy.port(nameOf(form)), path, { body: "{}" });
  return { status: got.status, values: got.all("retry-after"), sent: up.requests(path).length };
}

const rows: readonly Row<Fixture & Kit>[] = [
  ...Object.entries(LONG).map(
    ([form, fields]): Row<Fixture & Kit> => ({
      name: `in ${form} is understood, and passed on as it came`,
      async run(fixture) {
        const got = await ask(fixture, form, failing(429, fields));
        expect(got).toMatchObject({ status: 429, sent: 1 });
        const values = fields.filter(([name]) => name === "retry-after").map(([, value]) => value);
        expect(got.values.join(", ")).toBe(values.join(", "));
      },
    }),
  ),
  ...Object.entries(UNCLEAR).map(
    ([form, fields]): Row<Fixture & Kit> => ({
      name: `in ${form} says nothing: the retry comes after its backoff`,
      async run(fixture) {
        expect(await ask(fixture, form, failing(429, fields))).toMatchObject({ status: 429, sent: 2 });
      },
    }),
  ),
  {
    name: "in the body, as Gemini has it, is understood where the proxy's own key was sent",
    async run(fixture) {
      const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "40s" }];
      const body = JSON.stringify({ error: { code: 429, status: "RESOURCE_EXHAUSTED", details } });
      const limited = answer(429, [["content-type", "application/json"]], body);
      expect(await ask(fixture, "body", limited)).toMatchObject({ status: 429, sent: 1 });
    },
  },
];

contract("Retry-After", setup, rows);
