/**
 * What is to be cancelled when a signal aborts, under one listener per signal. A listener of its own for each of a
 * thousand requests under way costs more than the request's HTTP: every new one is compared with all before it. From the
 * eleventh on Node also warns of a leak, which the loops of a node that all sleep until one stop are not.
 */
interface Watch {
  readonly cancels: Set<() => void>;
  readonly cancelAll: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `cancel` once when the signal aborts, unless it is taken back before; not for signals that have aborted. */
export function watchAbort(signal: AbortSignal, cancel: () => void): void {
  (watches.get(signal) ?? beginWatch(signal)).cancels.add(cancel);
}

/** Nothing is left on a signal that nobody watches any more. */
export function unwatchAbort(signal: AbortSignal, cancel: () => void): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watch.cancels.delete(cancel);
  if (watch.cancels.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.cancelAll);
}

function beginWatch(signal: AbortSignal): Watch {
  const cancels = new Set<() => void>();
  const watch: Watch = {
    cancels,
    cancelAll: () => {
      cancels.forEach((cancel) => {
        cancel();
      });
    },
  };
  signal.addEventListener('abort', watch.cancelAll, { once: true });
  watches.set(signal, watch);
  return watch;
}
