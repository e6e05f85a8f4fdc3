import { watchBody } from "../../adapters/shared/web/watch-body.ts";
import { web } from "../../adapters/shared/web/web.ts";

/** The members of a runtime that the core's request path uses, made of the standard's own objects. */
export const webRuntime = { ...web, watchBody };
