/** By these Deno sends upstream requests through a proxy that the config says nothing of. */
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** The environment as the process found it. The proxy variables are gone from Deno's own view after that. */
export function takeEnvironment(): Readonly<Record<string, string>> {
  const environment = Deno.env.toObject();
  for (const name of PROXY_VARIABLES) Deno.env.delete(name);
  return environment;
}
