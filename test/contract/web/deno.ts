/** The objects of Deno's adapter: requests are its own, answers to clients too, and answers of upstreams are Node's light ones. */

import { createResponse } from "../../../adapters/deno/response.ts";
import { watchBody } from "../../../adapters/deno/watch-body.ts";
import { light } from "./light.ts";
import type { Maker } from "./maker.ts";
import { native } from "./native.ts";

export const deno: Maker = {
  ...light,
  createResponse,
  watchBody,
  requestFrom: native.requestFrom,
  sentFields: native.sentFields,
};
