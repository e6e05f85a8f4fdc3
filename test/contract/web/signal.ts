import { deepEqual, doesNotThrow, equal, ok, throws } from "node:assert/strict";
import type { Rows } from "./maker.ts";

export const signals: Rows = {
  "a controller and its signal are an AbortController and an AbortSignal": ({ createAbortController }) => {
    const controller = createAbortController();
    ok(controller instanceof AbortController);
    ok(controller.signal instanceof AbortSignal);
    ok(controller.signal instanceof EventTarget);
    equal(controller.signal, controller.signal);
  },
  "a signal is not aborted and has no reason before it is": ({ createAbortController }) => {
    const { signal } = createAbortController();
    deepEqual([signal.aborted, signal.reason, signal.onabort], [false, undefined, null]);
    doesNotThrow(() => signal.throwIfAborted());
  },
  "an abort without a reason has an AbortError for one": ({ createAbortController }) => {
    const controller = createAbortController();
    controller.abort();
    const { aborted, reason } = controller.signal;
    equal(aborted, true);
    ok(reason instanceof DOMException);
    deepEqual([reason.name, reason.code], ["AbortError", 20]);
    equal(controller.signal.reason, reason);
  },
  "an abort keeps the reason that it was given, null included": ({ createAbortController }) => {
    for (const reason of [new Error("stalled"), "gone", 0, null]) {
      const controller = createAbortController();
      controller.abort(reason);
      equal(controller.signal.reason, reason);
    }
  },
  "an aborted signal throws its reason where it is asked to": ({ createAbortController }) => {
    const controller = createAbortController();
    const reason = new Error("stalled");
    controller.abort(reason);
    throws(
      () => controller.signal.throwIfAborted(),
      (error) => error === reason,
    );
  },
  "a second abort is not told, and changes no reason": ({ createAbortController }) => {
    const controller = createAbortController();
    let told = 0;
    controller.signal.addEventListener("abort", () => {
      told += 1;
    });
    controller.abort("first");
    controller.abort("second");
    deepEqual([told, controller.signal.reason], [1, "first"]);
  },
  "listeners are told before abort returns, in order, when the signal is aborted already": ({
    createAbortController,
  }) => {
    const controller = createAbortController();
    const { signal } = controller;
    const told: unknown[] = [];
    signal.addEventListener("abort", () => told.push("a", signal.aborted, signal.reason));
    signal.addEventListener("abort", () => told.push("b"));
    controller.abort("gone");
    deepEqual(told, ["a", true, "gone", "b"]);
  },
  "a listener gets an event of the type abort whose target is the signal, and the signal as this": ({
    createAbortController,
  }) => {
    const controller = createAbortController();
    const { signal } = controller;
    const told: unknown[] = [];
    signal.addEventListener("abort", function (this: unknown, event) {
      ok(event instanceof Event);
      told.push(event.type, event.target === signal, this === signal);
    });
    controller.abort();
    deepEqual(told, ["abort", true, true]);
  },
  "the same listener added twice is called once, and is gone when removed once": ({
    createAbortController,
  }) => {
    const [kept, removed] = [createAbortController(), createAbortController()];
    let told = 0;
    const listener = (): void => {
      told += 1;
    };
    for (const { signal } of [kept, kept, removed, removed]) signal.addEventListener("abort", listener);
    removed.signal.removeEventListener("abort", listener);
    kept.abort();
    removed.abort();
    equal(told, 1);
  },
  "a listener for once is called, and can be removed": ({ createAbortController }) => {
    const controller = createAbortController();
    const told: string[] = [];
    const removed = (): unknown => told.push("removed");
    controller.signal.addEventListener("abort", () => told.push("once"), { once: true });
    controller.signal.addEventListener("abort", removed, { once: true });
    controller.signal.removeEventListener("abort", removed);
    controller.abort();
    deepEqual(told, ["once"]);
  },
  "a listener for once is called for one of two dispatched events": ({ createAbortController }) => {
    const { signal } = createAbortController();
    const told: string[] = [];
    signal.addEventListener("abort", () => told.push("once"), { once: true });
    signal.addEventListener("abort", () => told.push("always"));
    signal.dispatchEvent(new Event("abort"));
    signal.dispatchEvent(new Event("abort"));
    deepEqual([told, signal.aborted], [["once", "always", "always"], false]);
  },
  "a removed listener is not called, also when another listener removes it": ({ createAbortController }) => {
    const controller = createAbortController();
    const { signal } = controller;
    const told: string[] = [];
    const before = (): unknown => told.push("before");
    const later = (): unknown => told.push("later");
    signal.addEventListener("abort", before);
    signal.addEventListener("abort", () => {
      told.push("remover");
      signal.removeEventListener("abort", later);
    });
    signal.addEventListener("abort", later);
    signal.removeEventListener("abort", before);
    signal.removeEventListener("abort", () => undefined);
    controller.abort();
    deepEqual(told, ["remover"]);
  },
  "an object with handleEvent is a listener": ({ createAbortController }) => {
    const controller = createAbortController();
    const told: unknown[] = [];
    const listener = {
      handleEvent(event: Event) {
        told.push(event.type, this === listener);
      },
    };
    controller.signal.addEventListener("abort", listener);
    controller.signal.addEventListener("abort", listener);
    controller.abort();
    deepEqual(told, ["abort", true]);
  },
  "onabort is called once, with the event": ({ createAbortController }) => {
    const controller = createAbortController();
    const told: unknown[] = [];
    controller.signal.onabort = (event) => told.push(event.type);
    controller.abort();
    controller.abort();
    deepEqual(told, ["abort"]);
  },
  "a listener that comes after the abort is not called": ({ createAbortController }) => {
    const controller = createAbortController();
    const { signal } = controller;
    let told = 0;
    const listener = (): void => {
      told += 1;
    };
    signal.addEventListener("abort", () => signal.addEventListener("abort", listener));
    controller.abort();
    signal.addEventListener("abort", listener);
    signal.onabort = listener;
    controller.abort();
    equal(told, 0);
  },
  "listeners of other events are not called": ({ createAbortController }) => {
    const controller = createAbortController();
    let told = 0;
    controller.signal.addEventListener("other", () => {
      told += 1;
    });
    controller.abort();
    deepEqual([told, controller.signal.aborted], [0, true]);
  },
  "a listener that aborts again is not called again": ({ createAbortController }) => {
    const controller = createAbortController();
    let told = 0;
    controller.signal.addEventListener("abort", () => {
      told += 1;
      controller.abort("again");
    });
    controller.abort("first");
    deepEqual([told, controller.signal.reason], [1, "first"]);
  },
  "a signal can be made of others": ({ createAbortController }) => {
    const controller = createAbortController();
    const any = AbortSignal.any([controller.signal]);
    controller.abort("gone");
    deepEqual([any.aborted, any.reason], [true, "gone"]);
  },
};
