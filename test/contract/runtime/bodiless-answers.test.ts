/** Head and body agree where an answer has no body, whatever its upstream sends (RFC 9110 §6.4.1, §8.6, §15.3.6). */

import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { requestBytes } from "../../support/raw-request.ts";
import { type Fixture, setup } from "./answer-fixture.ts";

const STATUSES = [
  "200 OK",
  "204 No Content",
  "205 Reset Content",
  "304 Not Modified",
  "404 Not Found",
] as const;

/** How the upstream frames it. `closes`: it ends the connection after it. */
const FRAMINGS: readonly (readonly [name: string, fields: string, body: string, closes: boolean])[] = [
  ["with neither length nor body", "", "", true],
  ["with a length of 0", "content-length: 0\r\n", "", false],
  ["with a length and no body", "content-length: 12\r\n", "", true],
  ["with a length and a body", "content-length: 12\r\n", "hello world!", true],
  ["with chunks", "transfer-encoding: chunked\r\n", "c\r\nhello world!\r\n0\r\n\r\n", true],
  ["with no chunk but the last", "transfer-encoding: chunked\r\n", "0\r\n\r\n", true],
  ["with a body to the end of the connection", "", "hello world!", true],
];

const BODILESS = /^(?:204|205|304)/;

/** A GET whose answer may have a body is another table's. A HEAD's never has one, whatever its length says. */
function fits(method: string, status: string): boolean {
  return method === "HEAD" || BODILESS.test(status);
}

const rows = ["GET", "HEAD"].flatMap((method) =>
  STATUSES.filter((status) => fits(method, status)).flatMap((status) =>
    FRAMINGS.map(
      ([name, fields, body, closes]): Row<Fixture & Kit> => ({
        name: `a ${status} to ${method} ${name}`,
        async run({ program, up, proxy, connect }) {
          const [path, next] = [uniquePath(), uniquePath()];
          up.on(path, async ({ body: whole, write, socket }) => {
            await whole();
            write(`HTTP/1.1 ${status}\r\n${closes ? "connection: close\r\n" : ""}${fields}\r\n${body}`);
            if (closes) socket.end();
          });
          up.on(next, ok("next"));
          const client = await connect(proxy.port("main"));
          const pending = client.next({ head: method === "HEAD" });
          await client.send(requestBytes(path, { method }));
          const answer = await pending.end(5_000);
          expect([answer.status, answer.end, answer.text()]).toEqual([
            // A row of docs/runtimes.md: Deno's server can't end a 205.
            program === "deno" && status.startsWith("205") ? 204 : Number(status.slice(0, 3)),
            "complete",
            "",
          ]);
          if (status.startsWith("204")) expect(answer.header("content-length")).toBeUndefined();
          if (status.startsWith("205")) expect(answer.header("content-length") ?? "0").toBe("0");
          expect(answer.header("transfer-encoding")).toBeUndefined();
          // Where a client looks for the next answer there is one, or the connection is at its end.
          const second = client.next();
          const isSent = await client.send(requestBytes(next)).then(
            () => true,
            () => false,
          );
          const after = isSent ? await second.end(5_000).catch(() => undefined) : undefined;
          if (after === undefined) expect(client.closed).toBeDefined();
          else expect(after.status).toBe(200);
          client.close();
        },
      }),
    ),
  ),
);

contract("answers without a body", setup, rows);
