/** Buckets in a binary min-heap: the one that is full soonest is at its top. Every change costs O(log n). */

export interface Bucket {
  readonly key: string;
  /** Its state, see {@link createBucketRules}; it only grows. */
  fullAt: number;
  /** Its place in the heap, kept by the heap. */
  place: number;
}

export interface BucketHeap {
  readonly size: number;
  /** The bucket that is full soonest. */
  top(): Bucket | undefined;
  add(bucket: Bucket): void;
  removeTop(): void;
  /** Puts a bucket in its place again after its `fullAt` grew. */
  grown(bucket: Bucket): void;
}

export function createBucketHeap(): BucketHeap {
  const heap: Bucket[] = [];

  function put(bucket: Bucket, place: number): void {
    heap[place] = bucket;
    bucket.place = place;
  }

  function rise(bucket: Bucket): void {
    while (bucket.place > 0) {
      const { place } = bucket;
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.fullAt <= bucket.fullAt) return;
      put(parent, place);
      put(bucket, above);
    }
  }

  function sink(bucket: Bucket): void {
    for (;;) {
      const { place } = bucket;
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.fullAt < left.fullAt ? right : left;
      if (child === undefined || child.fullAt >= bucket.fullAt) return;
      const below = child.place;
      put(child, place);
      put(bucket, below);
    }
  }

  return {
    get size() {
      return heap.length;
    },
    top: () => heap[0],
    add(bucket) {
      put(bucket, heap.length);
      rise(bucket);
    },
    removeTop() {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      put(last, 0);
      sink(last);
    },
    grown: sink,
  };
}
