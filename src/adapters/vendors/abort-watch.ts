/**
 * What is to be cancelled when a signal aborts, under one listener per signal. A listener of its own for each of a
 * thousand requests under way costs more than the request's HTTP: every new one is compared with all before it.
 */
const watches = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `cancel` once when the signal aborts, unless it is taken back before; not for signals that have aborted. */
export function watchAbort(signal: AbortSignal, cancel: () => void): void {
  let cancels = watches.get(signal);
  if (cancels === undefined) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
    watches.set(signal, (cancels = all));
  }
  cancels.add(cancel);
}

export function unwatchAbort(signal: AbortSignal, cancel: () => void): void {
  watches.get(signal)?.delete(cancel);
}
