// Loaded before a program by its runtime's own means: at SIGUSR2 it throws in the ways in which code of the program could.
import { EventEmitter } from "node:events";

process.on("SIGUSR2", () => {
  setTimeout(() => {
    throw new Error("planted in a timer");
  });
  queueMicrotask(() => {
    throw new Error("planted in a microtask");
  });
  setTimeout(() => new EventEmitter().emit("error", new Error("planted in an emitter")));
  void Promise.reject(new Error("planted in a promise"));
  void Promise.reject("planted without an error");
});
