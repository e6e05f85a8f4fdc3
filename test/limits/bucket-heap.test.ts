import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, createBucketHeap } from "../../src/limits/bucket-heap.ts";

const commands = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant("add" as const), fullAt: fc.nat(50) }),
    fc.record({ type: fc.constant("remove" as const) }),
    fc.record({ type: fc.constant("grow" as const), which: fc.nat(1000), by: fc.nat(50) }),
  ),
  { maxLength: 200 },
);

describe("the heap of buckets", () => {
  it("always has the one at its top that is full soonest", () => {
    fc.assert(
      fc.property(commands, (made) => {
        const heap = createBucketHeap();
        const model = new Set<Bucket>();
        for (const [i, command] of made.entries()) {
          if (command.type === "add") {
            const bucket = { key: `${i}`, fullAt: command.fullAt, place: 0 };
            heap.add(bucket);
            model.add(bucket);
          } else if (command.type === "grow") {
            const bucket = [...model][command.which % Math.max(1, model.size)];
            if (bucket === undefined) continue;
            bucket.fullAt += command.by;
            heap.grown(bucket);
          } else {
            const top = heap.top();
            heap.removeTop();
            if (top !== undefined) model.delete(top);
          }
          expect(heap.size).toBe(model.size);
          const soonest = Math.min(...[...model].map(({ fullAt }) => fullAt));
          expect(heap.top()?.fullAt ?? Number.POSITIVE_INFINITY).toBe(soonest);
        }
      }),
    );
  });
});
