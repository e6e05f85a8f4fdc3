/** What clients of `paced-upstream.ts` share. */

const BODY = `{"model":"m","messages":[{"role":"user","content":"${"x".repeat(900)}"}],"stream":true}`;
const EVENT_END = Buffer.from("}\n\n");

export const STREAM_REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer client\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

/** Events that end in these bytes. */
export function eventsIn(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(EVENT_END); at !== -1; at = bytes.indexOf(EVENT_END, at + 3)) found += 1;
  return found;
}

/** Asks the upstream at a port for so many events a second. */
export async function pace(upstream: number, rate: number): Promise<void> {
  await (await fetch(`http://127.0.0.1:${upstream}/pace?rate=${rate}`)).text();
}
