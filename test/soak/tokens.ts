/** The text of a good answer: whoever has asked for it can tell it from any other, and half of it from all. */
export function tokensOf(id: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${id}.${i} `);
}
