import { afterAll, describe, expect, test } from "vitest";
import { hang } from "../support/behaviours.ts";
import { canaryOf, shownIn } from "../support/canaries.ts";
import { hasOpenssl, makeCertificates } from "../support/certificates.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { createKit, uniquePath } from "../support/contract.ts";
import { run } from "../support/programs.ts";
import { request } from "../support/raw-request.ts";
import { createScope, eventually } from "../support/wait.ts";
import { askAdmin, askAll, askWrongly, seenOutside } from "./canary/ask.ts";
import { createWrongConfig, pathOf } from "./canary/places.ts";
import { sabotaged } from "./canary/sabotage.ts";
import {
  answered,
  bytesOf,
  client,
  clientKeys,
  KEPT,
  presented,
  received,
  receivedKeyed,
  secrets,
  sent,
  setStage,
} from "./canary/stage.ts";

const programs = chosenPrograms();

describe.skipIf(!hasOpenssl())("no secret is told", () => {
  const scope = createScope();
  afterAll(() => scope.close());
  // The body of a suite that is skipped runs all the same.
  const certificates = hasOpenssl() ? makeCertificates() : { ca: "", cert: "", key: "" };
  const tls = { ca: certificates.ca };
  const keyLine = canaryOf("a listener's private key", certificates.key.split("\n")[1] ?? "");
  const all = [...Object.values(secrets), ...Object.values(client), ...answered, presented, keyLine];

  const modes = programs.flatMap((program) => [[program, []] as const, [program, ["--debug"]] as const]);
  test.concurrent.each(modes)(
    "%s %j keeps them to itself whatever happens to a request",
    { timeout: 40_000 },
    async (program, args) => {
      const stage = await setStage(certificates, scope);
      const { plain, yaml, options } = stage;
      const kit = createKit(program, scope);
      const proxy = await kit.start(yaml, { ...options, args: [...args, "--shutdown-timeout", "1"] });
      const outside = seenOutside(proxy.pid);

      await proxy.logged(({ msg }) => msg === "upstream is down");
      const answers = await askAll(proxy, tls);
      const refusals = await askWrongly(proxy);
      const admin = await askAdmin(proxy, tls);
      const endless = `/open${uniquePath()}`;
      plain.on(endless, hang);
      const cut = request(proxy.port("main"), endless + sent.query, { tls, ...sent }).catch(String);
      await plain.request(endless);
      proxy.signal("SIGTERM");
      expect(await proxy.exited()).toBe(4);
      await cut;

      const own = all.filter((canary) => !answered.includes(canary));
      expect(shownIn(answers.map(bytesOf).join("\n"), own)).toEqual([]);
      expect(shownIn(refusals.join("\n"), own)).toEqual([]);
      expect(shownIn(admin.join("\n"), all)).toEqual([]);
      expect(shownIn(proxy.stdout, all)).toEqual([]);
      expect(shownIn(proxy.stderr, all)).toEqual([]);
      expect(shownIn(outside, all)).toEqual([]);
      expect(shownIn(received(stage), all).map((shown) => shown.replace(/ \(.*/, ""))).toEqual(
        all.filter((canary) => canary !== keyLine && !KEPT.includes(canary)).map(({ place }) => place),
      );
      expect(shownIn(receivedKeyed(stage), [...clientKeys, secrets.environment])).toEqual([
        "a bearer token of the environment (plain)",
      ]);
      expect(proxy.log.filter(({ msg }) => msg === "request").length).toBeGreaterThan(30);
    },
  );

  test.each(programs)("%s keeps them to itself where it does not start", async (program) => {
    const { yaml, options, plain } = await setStage(certificates, scope);
    const { value } = secrets.failing;
    const inUrl = encodeURIComponent(value);
    const taken = yaml.replace("port: 0", `port: ${plain.port}`);
    const runs: readonly (readonly [code: number, args: readonly string[], yaml?: string])[] = [
      [0, ["-t"], yaml],
      [0, ["--print-deno-permissions"], yaml],
      [1, ["-t", "--debug"], createWrongConfig(secrets.failing)],
      [1, ["-t"], yaml.replace("http://127.0.0.1:1/", `http://user:${inUrl}@127.0.0.1:1/`)],
      [1, [], yaml.replace("token.txt", `token.txt/${inUrl}`)],
      [2, [`--token=${value}`]],
      [3, ["--debug"], taken],
    ];
    const said = await Promise.all(
      runs.map(async ([code, args, text]) => {
        const files = { ...options.files, "proxy.yaml": text ?? "" };
        const config = text === undefined ? [] : ["-c", "proxy.yaml"];
        const one = run(program, { ...options, files, args: [...config, ...args] });
        scope.defer(() => one.stop(0));
        expect([args, await one.exited(20_000)]).toEqual([args, code]);
        return one.stdout + one.stderr;
      }),
    );
    expect(said.filter((text) => text === "")).toEqual([]);
    expect(shownIn(said.join("\n"), all)).toEqual([]);
  });

  test.each(programs)(
    "%s keeps them to itself when it fails inside, and at a defect that nothing catches",
    async (program) => {
      const { yaml, options } = await setStage(certificates, scope);
      const proxy = await createKit(program, scope).start(yaml, sabotaged(program, options));
      const ask = () => request(proxy.port("main"), pathOf("rules") + sent.query, { tls, ...sent });
      expect((await ask()).status).toBe(200);

      proxy.signal("SIGUSR2");
      const answer = await eventually(
        async () => {
          const one = await ask();
          return one.status === 500 && one;
        },
        5_000,
        "a failure inside",
      );
      expect(answer.header("x-llmproxy-error")).toBe("internal_error");
      const line = await proxy.logged(({ msg }) => msg === "a request failed inside the proxy");
      expect(JSON.stringify(line)).toContain("sabotaged");

      proxy.signal("SIGUSR2");
      const defect = await proxy.logged(({ msg }) => msg === "a defect of the proxy");
      expect(JSON.stringify(defect)).toContain("crashed on purpose");
      expect(shownIn(bytesOf(answer) + proxy.stdout + proxy.stderr, all)).toEqual([]);
    },
  );
});
