import type { Socket } from "node:net";

/** Codes of a failed write or read on a connection that its peer has closed or reset. */
export const LOST_CODES: ReadonlySet<string | undefined> = new Set(["ECONNRESET", "EPIPE"]);
/** How long a failed write waits without input before it is reported (ms). */
const PATIENCE = 250;
/** How often a failed read checks whether earlier bytes have been consumed (ms). */
const CHECK_INTERVAL = 20;

type Failure = NodeJS.ErrnoException | null | undefined;
type Done = (error?: Failure) => void;

/**
 * Delays the failure of a connection until everything that its peer sent has been read. A server may answer and close
 * while a request's body is still being sent (RFC 9112 §9.3, RFC 9110 §10.1.1). The answer is then in the receive
 * buffer of the system or of the socket, and a socket drops both at its first error.
 *
 * - A failed write is reported once the input has ended or failed, or after {@link PATIENCE} without input. Until then
 *   the socket takes no more writes.
 * - A failed read is reported once the consumer has taken all earlier bytes.
 *
 * @returns a function that gives the error of the failed write, once there is one
 */
export function delayErrors(socket: Socket): () => NodeJS.ErrnoException | undefined {
  const { _write, _writev, destroy } = socket;
  let writeError: NodeJS.ErrnoException | undefined;
  let isFailing = false;

  function failWrite(error: NodeJS.ErrnoException, done: Done): void {
    writeError = error;
    if (socket.readableEnded || socket.destroyed) {
      done(error);
      return;
    }
    let seen = socket.bytesRead;
    const timer = setInterval(() => {
      const isQuiet = socket.bytesRead === seen && socket.readableLength === 0;
      seen = socket.bytesRead;
      if (isQuiet) done(error);
    }, PATIENCE);
    socket.once("close", () => clearInterval(timer));
  }

  const delayed =
    (done: Done): Done =>
    (error) => {
      if (error && writeError === undefined && LOST_CODES.has(error.code)) failWrite(error, done);
      else done(error);
    };

  function failRead(error: NodeJS.ErrnoException): void {
    isFailing = true;
    const look = (): void => {
      if (socket.destroyed) return;
      if (socket.readableLength > 0) setTimeout(look, CHECK_INTERVAL);
      else destroy.call(socket, error);
    };
    // Runtimes differ in whether the consumer has run since the last bytes came.
    setImmediate(look);
  }

  socket._write = (chunk, encoding, done) => _write.call(socket, chunk, encoding, delayed(done));
  if (_writev !== undefined) {
    socket._writev = (chunks, done) => _writev.call(socket, chunks, delayed(done));
  }
  socket.destroy = (error?: NodeJS.ErrnoException) => {
    const isLost = error !== undefined && error.syscall === "read" && LOST_CODES.has(error.code);
    if (!isLost || socket.destroyed || socket.readableLength === 0) return destroy.call(socket, error);
    if (!isFailing) failRead(error);
    return socket;
  };
  return () => writeError;
}
