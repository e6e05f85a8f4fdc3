/** Where a request goes: the upstream's URL, the mode, and the request's path and query, a line each. */

import * as v from "valibot";
import { upstreamUrl } from "../../src/config/schema/values.ts";
import { splitUrl } from "../../src/forward/inspect.ts";
import { createTargetUrl, hasDotSegment } from "../../src/message/url.ts";
import { holds, type Target, textOf } from "../target.ts";

export const target: Target = {
  seeds: [
    "https://api.openai.com/v1\njoin\n/v1/chat/completions?x=1",
    "http://a.test/a/b/a\njoin\n/a/b/a/c",
    "https://x.azure.test/openai/deployments/d?api-version=1\njoin\n/chat/completions?",
    "http://[::1]:8080/v1/chat/completions/\njoin\n/v1/chat/completions",
    "https://x.test/exactly?this\nfixed\n/anything",
    "http://x.test/\njoin\n//other.test/v1/%2e%2e/x\\..\\y",
  ],
  words: [
    "/v1",
    "/..",
    "/%2e%2e",
    "\\..",
    "//",
    "?",
    "#",
    "@",
    "%2f",
    "%5c",
    ":",
    "/chat/completions",
    "https://",
    ".",
    "\t",
  ],
  limit: 512,
  check(input) {
    const [base = "", mode = "", sent = ""] = textOf(input).split("\n");
    if (!v.is(upstreamUrl(), base)) return;
    // What every server shows: a target that a URL parser has been over.
    if (!URL.canParse(`http://h${sent}`) || !sent.startsWith("/")) return;
    // Refused as sent: Node's parser before 24 leaves such segments behind one that begins with a dot.
    if ([sent, base].some((one) => hasDotSegment(splitUrl(one).path))) return;
    const url = new URL(`http://h${sent}`);
    const { path, query } = splitUrl(url.href);
    holds(path === url.pathname && (query === url.search || query === "?"), "splitUrl splits elsewhere");
    holds(!hasDotSegment(path), `a dot segment came through the URL parser: ${path}`);
    if (mode === "fixed")
      return holds(createTargetUrl(base, mode)(path, query) === base, "fixed is not fixed");
    const text = createTargetUrl(base, "join")(path, query);
    const [from, to] = [new URL(base), new URL(text)];
    holds(to.origin === from.origin, `went to ${to.origin}`);
    holds(
      to.username === "" && to.password === "" && to.hash === "",
      `has credentials or a fragment: ${text}`,
    );
    const root = from.pathname.replace(/\/+$/, "");
    holds(to.pathname === root || to.pathname.startsWith(`${root}/`), `is above the base: ${to.pathname}`);
    const rest = to.pathname.slice(root.length);
    holds(path.endsWith(rest), `the path became ${to.pathname}`);
    const queries = [from.search.slice(1), query.slice(1)].filter((one) => one !== "");
    holds(to.search.slice(1) === queries.join("&"), `the query became ${to.search}`);
    holds(to.href === text || from.pathname === "/", `written in another way by a URL parser: ${text}`);
  },
};
