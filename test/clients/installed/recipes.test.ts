import { recipeSuite } from "../recipe-suite.ts";

recipeSuite(["python", "html"]);
