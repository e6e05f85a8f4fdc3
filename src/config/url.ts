/** URLs as the config writes them. */

/** An absolute http or https URL, or undefined. */
export function parseHttpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

export function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/**
 * A URL, or what was meant as one, without its credentials and query, for diagnostics. A password may be written with
 * any character: what is before the last @ is not shown.
 */
export function showUrl(text: string): string {
  const at = text.lastIndexOf("@");
  if (at < 0) return text.replace(/[?#].*$/s, "");
  const scheme = /^[a-z][a-z\d+.-]*:\/\//i.exec(text)?.[0] ?? "";
  return `${scheme}***${text.slice(at).replace(/[?#&].*$/s, "")}`;
}
