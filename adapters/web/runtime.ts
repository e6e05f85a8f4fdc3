import type { LibraryRuntime } from "../../src/program/library.ts";
import { watchBody } from "../shared/web/watch-body.ts";
import { web } from "../shared/web/web.ts";
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
