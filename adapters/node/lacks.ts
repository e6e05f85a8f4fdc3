import type { Lack } from "../../src/runtime/runtime.ts";

/** What Node can't do. */
export const lacks: readonly Lack[] = [
  {
    option: "always",
    text: "over TLS an answer with neither a length nor chunks looks whole when its connection ends without close_notify",
  },
];
