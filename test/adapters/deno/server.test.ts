import { serverSuite } from "../web/server-suite.ts";

serverSuite("deno");
