/** PEM files (RFC 7468): certificates and keys. */

/** What a PEM file is to hold. */
export type PemKind = "certificate" | "key";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s+([\s\S]*?)-----END \1-----/g;
const LABELS: Readonly<Record<PemKind, RegExp>> = {
  certificate: /^CERTIFICATE$/,
  key: /^(?:RSA |EC )?PRIVATE KEY$/,
};

/** Whether a text can be the path of a file: a PEM text put where its path belongs can't. */
export function isFilePath(text: string): boolean {
  return text !== "" && !/[\0\r\n]/.test(text) && !text.includes("-----BEGIN");
}

/** What is wrong with a text that should hold a PEM certificate or key; undefined when nothing is. */
export function pemProblem(text: string, kind: PemKind): string | undefined {
  const blocks = [...text.matchAll(BLOCK)].map(([, label = "", body = ""]) => ({ label, body }));
  const wanted = blocks.find(({ label }) => LABELS[kind].test(label));
  const expected = `expected a PEM ${kind === "key" ? "private key without a passphrase" : "certificate"}`;
  if (wanted !== undefined) {
    return isBase64(wanted.body) ? undefined : `found a broken PEM block, ${expected}`;
  }
  const other = blocks[0];
  return other === undefined ? `found no PEM text, ${expected}` : `found a PEM "${other.label}", ${expected}`;
}

function isBase64(body: string): boolean {
  const text = body.replace(/\s+/g, "");
  return text.length >= 4 && text.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(text);
}
