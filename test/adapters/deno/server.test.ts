import { serverSuite } from "../shared/server-suite.ts";

serverSuite("deno");
