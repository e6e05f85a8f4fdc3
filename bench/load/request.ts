/** The request and the answer that all measures of requests use: 1 kB of JSON, 500 bytes of JSON. */

const BODY = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(948) }] });

export const PATH = "/v1/chat/completions";

export const REQUEST = `POST ${PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer client\r\naccept: */*\r\naccept-language: *\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

const filled = (content: string): string =>
  `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"${content}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}`;

export const RESPONSE_BODY = filled("y".repeat(500 - filled("").length));

/** Whether the last bytes of `size` end an answer: it is at least its body, and ends with it (or with a last chunk). */
export function isWhole(size: number, last: Buffer): boolean {
  if (size < RESPONSE_BODY.length) return false;
  const text = last.toString("latin1", Math.max(0, last.length - 8));
  return text.endsWith("}") || text.endsWith("0\r\n\r\n");
}

/** For wrk. */
export const WRK_SCRIPT = `wrk.method = "POST"
wrk.body = '${BODY}'
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer client"
`;
