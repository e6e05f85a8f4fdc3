type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/**
 * A light `AbortSignal`: a native one, and each listener on it, costs microseconds. It is in the native one's family,
 * but what makes a signal out of signals (`AbortSignal.any`) takes native ones only.
 */
class LightSignal {
  #aborted = false;
  #reason: unknown;
  /** Mostly there is none or one. */
  #entries: Entry[] | undefined;
  onabort: ((event: Event) => void) | null = null;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(
    type: string,
    listener: Listener | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    if (type !== "abort" || listener === null || this.#aborted) return;
    this.#entries ??= [];
    if (this.#entries.some((entry) => entry.listener === listener)) return;
    this.#entries.push({ listener, once: typeof options === "object" && options.once === true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type !== "abort" || this.#entries === undefined) return;
    const place = this.#entries.findIndex((entry) => entry.listener === listener);
    if (place !== -1) this.#entries.splice(place, 1);
  }

  dispatchEvent(event: Event): boolean {
    if (event.type !== "abort") return true;
    this.onabort?.(event);
    for (const { listener, once } of [...(this.#entries ?? [])]) {
      if (once) this.removeEventListener("abort", listener);
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    }
    return true;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason ?? new DOMException("This operation was aborted", "AbortError");
    if (this.#entries === undefined && this.onabort === null) return;
    this.dispatchEvent(new Event("abort"));
    this.#entries = undefined;
  }
}

Object.setPrototypeOf(LightSignal.prototype, AbortSignal.prototype);

/** A light `AbortController`. */
class LightAbortController {
  readonly #signal = new LightSignal();

  get signal(): AbortSignal {
    return this.#signal as unknown as AbortSignal;
  }

  abort(reason?: unknown): void {
    this.#signal.abort(reason);
  }
}

Object.setPrototypeOf(LightAbortController.prototype, AbortController.prototype);

export function createAbortController(): AbortController {
  return new LightAbortController();
}
