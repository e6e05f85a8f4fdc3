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
    if (this.#has(listener)) return;
    this.#entries.push({ listener, once: typeof options === "object" && options.once === true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type !== "abort" || this.#entries === undefined) return;
    const place = this.#entries.findIndex((entry) => entry.listener === listener);
    if (place !== -1) this.#entries.splice(place, 1);
  }

  dispatchEvent(event: Event): boolean {
    if (event.type !== "abort") return true;
    Object.defineProperty(event, "target", { value: this, configurable: true });
    if (this.onabort !== null) this.#tell(this.onabort, event);
    for (const { listener, once } of [...(this.#entries ?? [])]) {
      // An earlier one may have removed it.
      if (!this.#has(listener)) continue;
      if (once) this.removeEventListener("abort", listener);
      this.#tell(listener, event);
    }
    return true;
  }

  /** A listener that throws stops neither the other listeners nor the abort; its error is not caught here. */
  #tell(listener: Listener, event: Event): void {
    try {
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #has(listener: Listener): boolean {
    return this.#entries?.some((entry) => entry.listener === listener) ?? false;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason =
      reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
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
