import type { Random } from "../base/clock.ts";
import { ApiError } from "./api-error.ts";
import type { Settings } from "./options.ts";
import { choose } from "./random.ts";

/** What the providers say with each status; the rest is "The server had an error". */
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [401, "Incorrect API key provided."],
  [403, "You are not allowed to do this."],
  [404, "There is no such thing here."],
  [408, "The request took too long."],
  [429, "Rate limit reached. Try again later."],
  [503, "The server is overloaded. Try again later."],
  [529, "Overloaded"],
]);

/** Throws this request's failure, if it is to have one. */
export function maybeFail(settings: Settings, random: Random): void {
  const drawn = random() < settings.errorRate ? choose(settings.errorStatuses, random) : undefined;
  const status = settings.status ?? drawn;
  if (status === undefined) return;
  const message = MESSAGES.get(status) ?? "The server had an error while processing your request.";
  const waits = status === 429 || status === 503 || status === 529;
  throw new ApiError(status, message, waits ? { retryAfter: settings.retryAfter } : {});
}
