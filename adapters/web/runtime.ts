import type { LibraryRuntime } from "../../src/library.ts";
import { watchBody } from "../common/watch-body.ts";
import { web } from "../common/web.ts";
import { createClient, type Fetch } from "./client.ts";
import { lacks } from "./lacks.ts";

/** Any platform with the standard's fetch and streams. */
export function createRuntime(fetch: Fetch): LibraryRuntime {
  return {
    ...web,
    name: "web",
    version: "",
    lacks,
    createFetch: (options) => createClient(options, fetch),
    watchBody,
  };
}
