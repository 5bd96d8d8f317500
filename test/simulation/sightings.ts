/** What every batch of seeds must have met at least once: a fault or a branch that nobody met was not tested. */
export const SIGHTINGS = [
  'crash before a commit',
  'crash after a commit, before its answer',
  'crash within a transaction',
  'crash before a request is written',
  'crash after a request is written',
  'crash after an answer came',
  'crash at any time',
  'crash while starting',
  'takeover keyed',
  'takeover atLeastOnce',
  'takeover atMostOnce',
  'sent again after a takeover',
  'unknown after a takeover',
  'ambiguous answer tried again',
  'ambiguous answer left unknown',
  'possibly doubled listed',
  'really doubled, and listed',
  'key recognised by the vendor',
  'Retry-After of an account honoured',
  'Retry-After of a member honoured',
  'channel paused by a refused account',
  'circuit opened',
  'circuit probed',
  'circuit closed',
  'address refused',
  'message refused',
  'exhausted',
  'transient failure tried again',
  'poison isolated in halves',
  'poison left unknown',
  'paused by drift',
  'drift confirmed',
  'paused with members in flight',
  'cancelled with members in flight',
  'cancelled with members tried before',
  'expired at deliverUntil',
  'sent again by a child campaign',
  'child under the references of its parent',
  'child covered by what became known',
  'opted out between two turns',
  'opted out before being sent to',
  'erased member suppressed',
  'receipt before its send was recorded',
  'bounced after delivered',
  'key too old, left unknown',
  'not sent: its time was over',
  'pace changed while running',
  'waited for pace',
  'policy first chose',
  'disk full',
  'failed sync, commit lost',
  'failed sync, commit kept',
  'store reopened',
  'process frozen',
  'stop with answers outstanding',
  'clean stop',
  'wall clock stepped',
  'two processes on one store',
  'lease refused to a process that lost it',
] as const;
export type Sighting = (typeof SIGHTINGS)[number];

/** Counts how often each was met. */
export class Sightings {
  private readonly counts = new Map<Sighting, number>();

  saw(what: Sighting, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  count(what: Sighting): number {
    return this.counts.get(what) ?? 0;
  }

  add(others: Sightings): void {
    for (const what of SIGHTINGS) if (others.count(what) > 0) this.saw(what, others.count(what));
  }

  get missing(): readonly Sighting[] {
    return SIGHTINGS.filter((what) => this.count(what) === 0);
  }
}
