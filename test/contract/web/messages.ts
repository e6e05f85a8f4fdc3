/** Requests and responses apart from how their bodies are read: see bodies-of-messages.ts. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { bytes, OK, type Rows, text } from "./maker.ts";

export const messages: Rows = {
  "a request is a Request with a Headers": ({ requestFrom }) => {
    const { request } = requestFrom({});
    ok(request instanceof Request);
    ok(request.headers instanceof Headers);
    ok(request.signal instanceof AbortSignal);
  },
  "a request has its method, its URL and its header fields": ({ requestFrom }) => {
    const url = "http://host:8080/v1/chat?a=%20b";
    const { request } = requestFrom({ method: "PATCH", url, headers: [["X-A", "1"]] });
    deepEqual([request.method, request.url, request.headers.get("x-a")], ["PATCH", url, "1"]);
    equal(request.headers, request.headers);
  },
  "a request without a body has null for one, whose text is empty however often": async ({ requestFrom }) => {
    const { request } = requestFrom({ method: "POST" });
    deepEqual([request.body, request.bodyUsed], [null, false]);
    deepEqual([await request.text(), await request.text(), request.bodyUsed], ["", "", false]);
    equal((await request.arrayBuffer()).byteLength, 0);
  },
  "a request with a body has a ReadableStream, the same at every look": ({ requestFrom }) => {
    const { request } = requestFrom({ method: "POST", body: bytes("a") });
    ok(request.body instanceof ReadableStream);
    equal(request.body, request.body);
    equal(request.bodyUsed, false);
  },
  "a request's signal aborts once, with the reason, when its client leaves": ({ requestFrom }) => {
    const { request, leave } = requestFrom({});
    const { signal } = request;
    equal(signal, request.signal);
    const told: unknown[] = [];
    signal.addEventListener("abort", () => told.push(signal.reason));
    equal(signal.aborted, false);
    leave("gone");
    leave("again");
    deepEqual([told, signal.aborted, signal.reason], [["gone"], true, "gone"]);
  },
  "a request whose client left before anybody looked has an aborted signal": ({ requestFrom }) => {
    const { request, leave } = requestFrom({});
    leave("gone");
    deepEqual([request.signal.aborted, request.signal.reason], [true, "gone"]);
  },
  "a request's clone has the same head, and each has the whole body": async ({ requestFrom }) => {
    const headers = [["x-a", "1"]] as const;
    const { request } = requestFrom({ method: "POST", url: "http://host/a", headers, body: bytes("body") });
    const clone = request.clone();
    ok(clone instanceof Request);
    deepEqual([clone.method, clone.url, clone.headers.get("x-a")], ["POST", "http://host/a", "1"]);
    deepEqual([request.bodyUsed, clone.bodyUsed], [false, false]);
    deepEqual([await clone.text(), await request.text()], ["body", "body"]);
  },
  "a request's clone aborts as the request does, before and after": async ({ requestFrom }) => {
    const { request, leave } = requestFrom({});
    const before = request.clone();
    equal(before.signal.aborted, false);
    leave("gone");
    const after = request.clone();
    await turn();
    deepEqual([before.signal.aborted, before.signal.reason], [true, "gone"]);
    deepEqual([after.signal.aborted, after.signal.reason], [true, "gone"]);
  },
  "a response is a Response with a Headers": ({ createResponse }) => {
    const response = createResponse(null, OK);
    ok(response instanceof Response);
    ok(response.headers instanceof Headers);
    equal(response.headers, response.headers);
  },
  "a response has its status, its reason phrase and its header fields": ({ createResponse }) => {
    const headers = [
      ["x-a", "1"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ] as const;
    const response = createResponse(null, { status: 418, statusText: "Teapot", headers });
    deepEqual([response.status, response.statusText], [418, "Teapot"]);
    deepEqual([response.headers.get("X-A"), response.headers.getSetCookie()], ["1", ["a=1", "b=2"]]);
  },
  "a response is ok from 200 to 299": ({ createResponse }) => {
    const isOk = (status: number): boolean =>
      createResponse(null, { status, statusText: "", headers: [] }).ok;
    deepEqual([200, 204, 299, 300, 404, 599].map(isOk), [true, true, true, false, false, false]);
  },
  "a response without a body has null for one, whose text is empty however often": async ({
    createResponse,
  }) => {
    const response = createResponse(null, { status: 204, statusText: "", headers: [] });
    deepEqual([response.body, response.bodyUsed], [null, false]);
    deepEqual([await response.text(), await response.text(), response.bodyUsed], ["", "", false]);
  },
  "a response of bytes has a ReadableStream of them, the same at every look": async ({ createResponse }) => {
    const response = createResponse(bytes("body"), OK);
    const { body } = response;
    ok(body instanceof ReadableStream);
    equal(response.body, body);
    let all = "";
    for await (const chunk of body) all += text(chunk);
    equal(all, "body");
  },
  "a response of no bytes has a body all the same, which is empty": async ({ createResponse }) => {
    const response = createResponse(bytes(""), OK);
    ok(response.body instanceof ReadableStream);
    equal((await response.body.getReader().read()).done, true);
  },
  "a response of a stream has that stream's bytes": async ({ createResponse, bodyFrom }) => {
    const response = createResponse(bodyFrom([bytes("a"), bytes("b")]), OK);
    ok(response.body instanceof ReadableStream);
    equal(await response.text(), "ab");
  },
  "a response's fields are sent as they were given, several set-cookie too": ({
    createResponse,
    sentFields,
  }) => {
    const headers = [
      ["content-type", "a/b"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ] as const;
    deepEqual(sentFields(createResponse(null, { status: 200, statusText: "", headers })), headers);
  },
  "a field that is set on a response is sent with it": ({ createResponse, sentFields }) => {
    const headers = [
      ["x-a", "1"],
      ["x-b", "1"],
      ["x-c", "1"],
    ] as const;
    const response = createResponse(bytes("body"), { status: 200, statusText: "", headers });
    response.headers.set("X-A", "2");
    response.headers.append("x-b", "2");
    response.headers.delete("x-c");
    response.headers.append("x-d", "1");
    deepEqual(sentFields(response), [
      ["x-a", "2"],
      ["x-b", "1, 2"],
      ["x-d", "1"],
    ]);
  },
  "a response is enough to make another one with its head": ({ createResponse }) => {
    const headers = [
      ["x-a", "1"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ] as const;
    const other = new Response(
      null,
      createResponse(bytes("body"), { status: 503, statusText: "No", headers }),
    );
    deepEqual([other.status, other.statusText, other.body], [503, "No", null]);
    deepEqual([other.headers.get("x-a"), other.headers.getSetCookie()], ["1", ["a=1", "b=2"]]);
  },
  "a response's clone has the same head, and each has the whole body": async ({
    createResponse,
    bodyFrom,
  }) => {
    for (const payload of [bytes("body"), bodyFrom([bytes("bo"), bytes("dy")])]) {
      const headers = [["x-a", "1"]] as const;
      const response = createResponse(payload, { status: 201, statusText: "Made", headers });
      const clone = response.clone();
      ok(clone instanceof Response);
      deepEqual([clone.status, clone.statusText, clone.headers.get("x-a")], [201, "Made", "1"]);
      deepEqual([response.bodyUsed, clone.bodyUsed], [false, false]);
      deepEqual([await clone.text(), await response.text()], ["body", "body"]);
    }
  },
  "a response with a status that has no body refuses one with a TypeError": ({ createResponse }) => {
    let refused = false;
    try {
      createResponse(bytes("body"), { status: 204, statusText: "", headers: [] });
    } catch (error) {
      refused = error instanceof TypeError;
    }
    ok(refused);
  },
};
