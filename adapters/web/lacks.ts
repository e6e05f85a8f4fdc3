import type { Lack } from "../../src/runtime/runtime.ts";

/** What can't be done with nothing but the standard's `fetch`. */
export const lacks: readonly Lack[] = [
  {
    option: "http_client.timeout.connect",
    text: "fetch has no connect timeout; its time is added to timeout.request, which ends an attempt that finds no connection.",
  },
  { option: "http_client.timeout.idle", text: "fetch keeps idle connections as long as it sees fit." },
  { option: "http_client.keepalive", text: "fetch has no setting for TCP keepalive." },
];
