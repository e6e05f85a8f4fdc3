/** @see https://github.com/ollama/ollama/blob/main/docs/api.md */

import { hasFilled, isFilled, toObject } from "../json.ts";
import type { Dialect } from "./dialect.ts";

const ROLE: ReadonlySet<string> = new Set(["role"]);

export const ollama: Dialect = ({ done, message, response, thinking }) => {
  if (typeof done !== "boolean") return undefined;
  return done || isFilled(response) || isFilled(thinking) || hasFilled(toObject(message), ROLE);
};
