import type { ChunkAnswer } from '../core/ports/provider.js';
import { kindAt } from './merge-answers.js';

const WATCHED_ANSWERS = 1_000;

/**
 * Sees when over half of about the last 1,000 answers of a stream refuse: a wrong list or a wrong message, not
 * single members. Counts are halved when full, so that old answers fade.
 */
export class RefusalWatch {
  private answers = 0;
  private refusals = 0;

  /** Learns a chunk's answers; true when the stream should pause. */
  record(answer: ChunkAnswer, memberCount: number): boolean {
    for (let index = 0; index < memberCount; index++) {
      const kind = kindAt(answer, index);
      if (kind !== 'accepted' && kind !== 'addressRefused' && kind !== 'messageRefused') continue;
      this.answers++;
      if (kind !== 'accepted') this.refusals++;
    }
    if (this.answers < WATCHED_ANSWERS) return false;
    const isRefusing = this.refusals * 2 > this.answers;
    this.answers /= 2;
    this.refusals /= 2;
    return isRefusing;
  }
}
