/** Small 32-bit hashes: the same in every process and on every runtime; not for secrets. */

/** Hash of a text's UTF-16 units (FNV-1a, then {@link mix}). Different seeds give independent hashes. */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i += 1) {
    // Both bytes of a unit: FNV takes one at a time.
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return mix(hash ^ text.length);
}

/** Spreads every bit over all 32 (MurmurHash3's finalizer), as an unsigned number. A bijection. */
export function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
