import { describe, expect, it } from "vitest";
import { readForm } from "../../src/simulator/multipart.ts";
import { simulate } from "./support.ts";

const upload = (app: ReturnType<typeof simulate>["app"], bytes: Uint8Array<ArrayBuffer>, name = "a.bin") => {
  const body = new FormData();
  body.set("purpose", "batch");
  body.set("file", new File([bytes], name));
  return app.request("/v1/files", { method: "POST", body });
};

describe("/v1/files", () => {
  it("gives back the bytes that were uploaded, lists and deletes them", async () => {
    const { app } = simulate();
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 256);
    const file = await (await upload(app, bytes)).json();
    expect(file).toMatchObject({ object: "file", bytes: 200_000, filename: "a.bin", purpose: "batch" });
    const content = await app.request(`/v1/files/${file.id}/content`);
    expect(content.headers.get("content-length")).toBe("200000");
    expect(Buffer.compare(Buffer.from(await content.arrayBuffer()), bytes)).toBe(0);
    expect(await (await app.request("/v1/files")).json()).toMatchObject({
      data: [{ id: file.id }],
      has_more: false,
    });
    expect(await (await app.request(`/v1/files/${file.id}`, { method: "DELETE" })).json()).toMatchObject({
      deleted: true,
    });
    expect((await app.request(`/v1/files/${file.id}`)).status).toBe(404);
  });

  it("counts a file that is larger than it keeps, and says so when its content is asked for", async () => {
    const { app } = simulate({ maxFileBytes: 1000 });
    const small = await (await upload(app, new Uint8Array(500))).json();
    const file = await (await upload(app, new Uint8Array(5000))).json();
    expect(file.bytes).toBe(5000);
    const content = await app.request(`/v1/files/${file.id}/content`);
    expect(content.status).toBe(400);
    expect((await content.json()).error.message).toContain("not kept");
    expect((await app.request(`/v1/files/${small.id}/content`)).status).toBe(200);
  });

  it("forgets the oldest contents and entries first", async () => {
    const { app } = simulate({ maxFileBytes: 1000, maxFiles: 2 });
    const ids: string[] = [];
    for (const size of [600, 600, 100]) ids.push((await (await upload(app, new Uint8Array(size))).json()).id);
    const status = async (path: string) => (await app.request(`/v1/files/${path}`)).status;
    expect(await status(`${ids[0]}`)).toBe(404);
    expect(await status(`${ids[1]}/content`)).toBe(200);
    await upload(app, new Uint8Array(950));
    expect(await status(`${ids[2]}`)).toBe(200);
    expect(await status(`${ids[2]}/content`)).toBe(400);
  });

  it("pages through the list", async () => {
    const { app } = simulate();
    for (const name of ["1", "2", "3"]) await upload(app, new Uint8Array(1), name);
    const page = async (query: string) => (await app.request(`/v1/files?${query}`)).json();
    const first = await page("limit=2");
    expect(first).toMatchObject({ data: [{ filename: "3" }, { filename: "2" }], has_more: true });
    expect(await page(`limit=2&after=${first.last_id}`)).toMatchObject({
      data: [{ filename: "1" }],
      has_more: false,
    });
    expect(await page("order=asc&limit=1")).toMatchObject({ data: [{ filename: "1" }] });
    expect(await page("purpose=other")).toMatchObject({ data: [] });
  });

  it("makes a download of any size on demand", async () => {
    const { app } = simulate();
    const response = await app.request("/v1/files/file-any/content", {
      headers: { "x-sim-bytes": "150000" },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(150_000);
    expect(bytes.every((byte, i) => byte === i % 251)).toBe(true);
  });

  it("refuses a form without a file, and a body that is no form", async () => {
    const { app, post } = simulate();
    const body = new FormData();
    body.set("purpose", "batch");
    const response = await app.request("/v1/files", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: "file" } });
    expect((await post("/v1/files", {})).status).toBe(400);
  });
});

describe("readForm", () => {
  const parse = async (body: string, size: number) => {
    const bytes = new TextEncoder().encode(body);
    let at = 0;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
        if (at >= bytes.length) controller.close();
      },
    });
    const request = new Request("http://sim/", {
      method: "POST",
      headers: { "content-type": 'multipart/form-data; charset=utf-8; boundary="b-1"' },
      body: stream,
      duplex: "half",
    } as RequestInit);
    const parts: [string, string | undefined, string][] = [];
    await readForm(request, {
      part: (name, filename) => parts.push([name, filename, ""]),
      data(piece) {
        const last = parts[parts.length - 1];
        if (last) last[2] += new TextDecoder().decode(piece);
      },
    });
    return parts;
  };
  const head = (rest: string) => `Content-Disposition: form-data; ${rest}\r\n`;
  const FORM =
    `preamble\r\n--b-1\r\n${head('name="purpose"')}\r\nbatch\r\n--b-1\r\n${head('name="empty"')}\r\n\r\n` +
    `--b-1\r\n${head('name="file"; filename="x.txt"')}Content-Type: text/plain\r\n\r\n` +
    "line\r\n--b-0\r\n--b-\r\n\r\n--b-1--\r\nepilogue";

  it.each([1, 2, 3, 7, 64, 10_000])("finds the same parts in chunks of %i bytes", async (size) => {
    expect(await parse(FORM, size)).toEqual([
      ["purpose", undefined, "batch"],
      ["empty", undefined, ""],
      ["file", "x.txt", "line\r\n--b-0\r\n--b-\r\n"],
    ]);
  });

  it("takes a form without a preamble", async () => {
    expect(await parse(`--b-1\r\n${head('name="a"')}\r\n1\r\n--b-1--\r\n`, 5)).toEqual([
      ["a", undefined, "1"],
    ]);
  });

  it("rejects a form that ends early, and a part without a name", async () => {
    await expect(parse(FORM.slice(0, -20), 9)).rejects.toThrow("ends early");
    await expect(parse("--b-1\r\nContent-Type: x\r\n\r\n1\r\n--b-1--", 9)).rejects.toThrow("no name");
  });
});
