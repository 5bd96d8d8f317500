import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unwatchAbort, watchAbort } from './abort-watch.js';

describe('watching a signal', () => {
  it('cancels all who still watch when it aborts, under one listener', () => {
    const stop = new AbortController();
    const cancelled: string[] = [];
    const watchers = ['a', 'b', 'c'].map((name) => () => cancelled.push(name));
    for (const watcher of watchers) watchAbort(stop.signal, watcher);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
    unwatchAbort(stop.signal, watchers[1] ?? (() => undefined));
    stop.abort();
    expect(cancelled).toEqual(['a', 'c']);
  });

  it('lets a watcher take others back while it is called', () => {
    const stop = new AbortController();
    const cancelled: string[] = [];
    const second = (): void => void cancelled.push('second');
    watchAbort(stop.signal, () => {
      cancelled.push('first');
      unwatchAbort(stop.signal, second);
    });
    watchAbort(stop.signal, second);
    stop.abort();
    expect(cancelled).toEqual(['first']);
  });
});
