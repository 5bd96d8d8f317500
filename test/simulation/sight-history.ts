import { channelIndex } from '../../src/core/channels.js';
import { ambiguousTries, nameOfCode } from '../../src/ledger/cell-code.js';
import { cellKey } from './history.js';
import type { Page } from './judge-books.js';
import type { World } from './world.js';

/** Counts the branches that show only in what happened one after the other. */
export function sightFromHistory(world: World, pages: readonly Page[]): void {
  const { history, sightings, scenario } = world;
  for (const vendor of world.vendors.values()) {
    if (vendor.recognised > 0) sightings.saw('key recognised by the vendor', vendor.recognised);
  }
  const last = new Map<number, string>();
  const answers = history.answered.map((answer) => ({ ...answer, isAnswer: true }));
  const asked = history.written.map((written) => ({ ...written, isAnswer: false, kind: undefined }));
  for (const event of [...answers, ...asked].sort((left, right) => left.atMs - right.atMs)) {
    const key = cellKey(event.campaignId, channelIndex(event.channel), event.ordinal);
    if (event.isAnswer) {
      last.set(key, event.kind ?? '');
      if (event.kind === 'notSent') sightings.saw('not sent: its time was over');
      continue;
    }
    const before = last.get(key);
    if (before === 'ambiguous') sightings.saw('ambiguous answer tried again');
    if (before === 'transient') sightings.saw('transient failure tried again');
    if (before === 'written' && history.takenOver.has(key)) sightings.saw('sent again after a takeover');
    last.set(key, 'written');
  }
  for (const { campaign, channel, cells } of pages) {
    for (const [ordinal, code] of cells) {
      if (nameOfCode(code) !== 'unknown') continue;
      const key = cellKey(campaign.campaignId, channelIndex(channel), ordinal);
      if (ordinal === scenario.poisonOrdinal && (history.takenOver.get(key) ?? 0) > 9) {
        sightings.saw('poison left unknown');
      }
      const isKeyed = channel !== 'inbox' && world.planOf(channel).mode === 'keyed';
      if (history.cancelAsked.has(campaign.campaignId)) sightings.saw('cancelled with members tried before');
      else if (isKeyed && scenario.theme === 'shortKeys' && ambiguousTries(code) < 4) {
        sightings.saw('key too old, left unknown');
      }
    }
  }
}
