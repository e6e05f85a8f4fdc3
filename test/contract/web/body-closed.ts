/** What a reader's `closed` tells. Run on a body of the maker's and on a watched one. */

import { equal, rejects } from "node:assert/strict";
import { bytes, type Rows, readAll, unawaited } from "./maker.ts";

export const bodyClosed: Rows = {
  "tells by closed that its end was read, also who asks later": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const reader = body.getReader();
    const early = reader.closed;
    push(bytes("a"));
    end();
    await readAll(reader);
    equal(await early, undefined);
    equal(await reader.closed, undefined);
  },
  "tells by closed why it broke, also who asks later": async ({ bodyByHand }) => {
    for (const isEarly of [true, false]) {
      const { body, fail } = bodyByHand();
      const reader = body.getReader();
      const early = isEarly ? unawaited(reader.closed) : undefined;
      fail("broken");
      await reader.read().catch(() => undefined);
      await rejects(early ?? reader.closed, (thrown) => thrown === "broken");
    }
  },
  "tells by closed that its reader was released": async ({ bodyByHand }) => {
    const reader = bodyByHand().body.getReader();
    const closed = unawaited(reader.closed);
    reader.releaseLock();
    await rejects(closed, TypeError);
  },
};
