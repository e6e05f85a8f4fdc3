import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { createKit } from "../support/contract.ts";
import { ROOT } from "../support/program-command.ts";
import type { RunningProxy } from "../support/programs.ts";
import { createScope } from "../support/wait.ts";
import { type Site, serveSite, startBrowser } from "./drivers/chromium.ts";
import { curlLacks } from "./drivers/curl.ts";
import { PYTHON } from "./drivers/python.ts";
import { startProvider } from "./provider.ts";
import { type Language, RECIPE_CONFIG, RECIPES, type Recipe } from "./recipes.ts";

interface Fixture {
  readonly proxy: RunningProxy;
  /** Where the page of the one recipe for a browser is served. */
  readonly site: Site;
}

const KEY = "the-provider's-own-key";

/** Milliseconds for one recipe: LiteLLM takes several seconds to load. */
const LIMIT = 90_000;

/** How the simulator's answers begin: nobody else says that. */
const ANSWER = /\[sim\] \w+/;

/** Opens the page in a browser that finds the proxy where the page expects it, and resolves with what it shows. */
async function openPage({ proxy, site }: Fixture): Promise<string> {
  const browser = await startBrowser(proxy.port("llm"));
  try {
    return await (await browser.open(site)).shows(ANSWER);
  } finally {
    await browser.close();
  }
}

/** Runs a recipe in the proxy's folder, and resolves with what it prints. */
async function runRecipe({ language, code }: Recipe, fixture: Fixture): Promise<string> {
  if (language === "html") return openPage(fixture);
  const { proxy } = fixture;
  const commands = { js: process.execPath, python: PYTHON, sh: "bash" };
  const endings = { js: "mjs", python: "py", sh: "sh" };
  const file = join(proxy.folder, `recipe.${endings[language]}`);
  writeFileSync(file, code);
  const env = {
    PATH: process.env["PATH"] ?? "",
    LLMPROXY_PORT: String(proxy.port("llm")),
    // Else LiteLLM asks the internet for its price list.
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
  };
  const { stdout } = await promisify(execFile)(commands[language], [file], { env, timeout: LIMIT });
  return stdout;
}

/** Runs the recipes in these languages. */
export function recipeSuite(languages: readonly Language[]): void {
  describe("docs/clients.md", () => {
    const scope = createScope();
    let fixture: Fixture;

    // One program will do: the suite takes every client through all of them.
    const [program = "node"] = chosenPrograms();

    beforeAll(async () => {
      const kit = createKit(program, scope);
      const keyed = await startProvider({ apiKey: KEY });
      scope.defer(() => keyed.close());
      const open = await startProvider();
      scope.defer(() => open.close());
      const site = await serveSite(RECIPES.find(({ language }) => language === "html")?.code);
      scope.defer(() => site.close());
      const proxy = await kit.start(RECIPE_CONFIG, {
        env: {
          LLMPROXY_PORT: "0",
          APP_ORIGIN: site.origin,
          OPENAI_URL: `${keyed.url}/v1`,
          OPENAI_API_KEY: KEY,
          ANTHROPIC_URL: `${keyed.url}/v1`,
          ANTHROPIC_API_KEY: KEY,
          OLLAMA_URL: open.url,
        },
      });
      symlinkSync(join(ROOT, "node_modules"), join(proxy.folder, "node_modules"));
      fixture = { proxy, site };
    });
    afterAll(() => scope.close());

    const recipes = RECIPES.filter(({ language }) => languages.includes(language));

    it.each(languages)("has recipes in %s", (language) => {
      expect(recipes.map((recipe) => recipe.language)).toContain(language);
    });

    it.for(recipes)(
      "has a recipe that prints an answer: $title",
      { timeout: LIMIT },
      async (recipe, context) => {
        const lacks = recipe.language === "sh" && curlLacks();
        if (lacks) context.skip(lacks);
        expect(await runRecipe(recipe, fixture)).toMatch(ANSWER);
      },
    );
  });
}
