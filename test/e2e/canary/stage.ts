/** The other ends of a program that holds canaries: they record, and fail in every way. */

import { answer, failing, hang, ok, rawThenBad, rawThenReset, sse } from "../../support/behaviours.ts";
import { type Canary, createCanary } from "../../support/canaries.ts";
import type { Certificates } from "../../support/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { type FaultUpstream, startUpstream } from "../../support/fault-upstream.ts";
import type { RunOptions } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import type { Scope } from "../../support/wait.ts";
import {
  createClientSecrets,
  createConfig,
  createSecrets,
  EXPECTED,
  KEYED,
  pathOf,
  requestOf,
} from "./places.ts";

/** What a program is put into. */
export interface Stage {
  readonly plain: FaultUpstream;
  readonly secure: FaultUpstream;
  readonly tunnel: ConnectProxy;
  readonly yaml: string;
  readonly options: RunOptions;
}

export const secrets = createSecrets();
export const client = createClientSecrets();
/** What an upstream says to its client: nobody else's business. */
export const answered: readonly Canary[] = [
  createCanary("an upstream's Set-Cookie", ""),
  createCanary("the body of an answer"),
];
export const presented = createCanary("a wrong admin token");
/** What goes to nobody: the others must come to their upstreams, or the search would prove nothing. */
export const KEPT: readonly Canary[] = [
  secrets.adminFile,
  secrets.adminEnvironment,
  client.proxyAuthorization,
  ...answered,
  presented,
];
export const sent = requestOf(client);

export async function setStage({ ca, cert, key }: Certificates, { defer }: Scope): Promise<Stage> {
  const plain = await startUpstream();
  const secure = await startUpstream({ tls: { cert, key } });
  const tunnel = await startConnectProxy(`${secrets.proxyUser.value}:${secrets.proxyPassword.value}`);
  for (const end of [plain, secure, tunnel]) defer(() => end.close());
  secure.otherwise(ok());
  plain.otherwise(ok());
  const [cookie, text] = answered.map(({ value }) => value);
  plain.on(pathOf("open"), answer(200, [["set-cookie", `session=${cookie}`]], text));
  plain.on(pathOf("reset"), rawThenReset());
  plain.on(pathOf("silent"), hang);
  // A parser may quote what it can't read, so the upstream says what it was told.
  plain.on(pathOf("garbage"), ({ write, request: { header, target } }) =>
    write(`${header("authorization")} ${target}\r\n\r\n`),
  );
  plain.on(pathOf("garbage-head"), ({ write, request: { header, target } }) =>
    write(`HTTP/1.1 200 OK\r\n${header("authorization")} ${target}\r\n\r\n`),
  );
  plain.on(pathOf("cut"), rawThenBad("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
  plain.on(pathOf("unauthorized"), failing(401));
  plain.on(pathOf("error-in-stream"), sse(['data: {"error":{"type":"server_error"}}\n\n']));
  plain.on("/unhealthy/probe", failing(500));
  return {
    plain,
    secure,
    tunnel,
    yaml: createConfig(secrets, { plain: plain.url, secure: secure.url, tunnel: tunnel.port }),
    options: {
      env: {
        CANARY_TOKEN: secrets.environment.value,
        LLMPROXY_ADMIN_AUTH_TOKEN: secrets.adminEnvironment.value,
      },
      files: {
        "token.txt": `${secrets.file.value}\n`,
        "server.crt": cert,
        "server.key": key,
        "ca.crt": ca,
      },
    },
  };
}

/** Every byte of an answer. */
export const bytesOf = ({ rawHead, body }: Pick<Answer, "rawHead" | "body">): string =>
  rawHead + body.toString();

/** Every byte that came to the other ends. */
export function received({ plain, secure, tunnel }: Stage): string {
  const paths = [...Object.keys(EXPECTED).map(pathOf), "/unhealthy/probe"];
  const messages = [plain, secure].flatMap((end) => paths.flatMap((path) => end.requests(path)));
  return [
    ...messages.map(({ message }) => bytesOf(message)),
    ...tunnel.asked.map(({ authorization }) => authorization),
  ].join("\n");
}

/** Every byte that came to the upstreams which get the proxy's own credentials. */
export function receivedKeyed({ plain }: Stage): string {
  const messages = KEYED.map(pathOf).flatMap((path) => plain.requests(path));
  return messages.map(({ message }) => bytesOf(message)).join("\n");
}

/** The client's credentials. */
export const clientKeys: readonly Canary[] = [
  client.authorization,
  client.apiKey,
  client.azureKey,
  client.googleKey,
  client.query,
  client.queryKey,
];
