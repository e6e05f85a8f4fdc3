import { serverSuite } from "../common/server-suite.ts";

serverSuite("bun");
