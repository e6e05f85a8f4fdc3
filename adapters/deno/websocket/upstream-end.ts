import type { Socket } from "node:net";
import type { UpstreamEnd } from "../../shared/websocket/message-relay.ts";

/** An upstream's connection as the relay of messages takes it. */
export function upstreamEnd(socket: Socket): UpstreamEnd {
  return {
    start(data, ended) {
      socket.on("data", data);
      socket.once("close", ended);
      // What is written after its end goes nowhere.
      socket.on("end", () => socket.destroySoon());
      if (socket.destroyed) queueMicrotask(ended);
    },
    write: (bytes) => void socket.write(bytes),
    waiting: () => socket.writableLength,
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    flow: { pause: () => void socket.pause(), resume: () => void socket.resume() },
  };
}
