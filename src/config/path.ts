/** File paths, for POSIX and Windows alike. */

const ABSOLUTE = /^(?:[/\\]|[A-Za-z]:[/\\])/;

/** Resolves a path of the config against the config file's folder. */
export function relativeTo(configFile: string, path: string): string {
  if (ABSOLUTE.test(path)) return path;
  const end = Math.max(configFile.lastIndexOf("/"), configFile.lastIndexOf("\\"));
  return configFile.slice(0, end + 1) + path;
}
