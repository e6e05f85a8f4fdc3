import { watchBody } from "../../adapters/common/watch-body.ts";
import { web } from "../../adapters/common/web.ts";

/** The members of a runtime that the core's request path uses, made of the standard's own objects. */
export const webRuntime = { ...web, watchBody };
