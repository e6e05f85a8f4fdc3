import { TransportError } from "../../src/runtime.ts";
import { targetOf } from "../common/dial.ts";

/**
 * Opens a connection to have the upstream's certificate judged as Deno's fetch judges it, and closes it.
 *
 * Deno's fetch takes from a stream before it has judged the certificate. By then the body is not whole any more, though
 * nothing of it was sent.
 *
 * @throws {TransportError} `tls`, with nothing sent. What else goes wrong is left for fetch to find.
 */
export async function judgeCertificate(url: string, ca: string | undefined): Promise<void> {
  const { hostname, port, secure } = targetOf(url);
  if (!secure) return;
  try {
    const connection = await Deno.connectTls({
      hostname,
      port,
      alpnProtocols: ["http/1.1"],
      ...(ca !== undefined && { caCerts: [ca] }),
    });
    // Closed also where the handshake fails.
    await connection.handshake().finally(() => connection.close());
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) {
      throw new TransportError("tls", true, error.message, { cause: error });
    }
  }
}
