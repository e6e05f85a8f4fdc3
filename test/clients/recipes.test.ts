import { recipeSuite } from "./recipe-suite.ts";

recipeSuite(["js", "sh"]);
