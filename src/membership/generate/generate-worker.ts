/** Makes up members away from the thread that writes them, as far ahead of it as it gives credit. */
import { parentPort, workerData } from 'node:worker_threads';
import { transferred, type FromMaker, type ToMaker } from '../import/batch-messages.js';
import { BatchOutbox } from '../import/batch-outbox.js';
import { packStatement } from '../import/packed-batch.js';
import { RunSorter } from '../import/run-sorter.js';
import { generatedMember } from './generated-member.js';

/** Members made between two looks at the credit. */
const MEMBERS_AT_ONCE = 4_000;

export interface GenerateSettings {
  readonly count: number;
  readonly seed: number;
}

const port = parentPort;
if (port !== null) {
  const { count, seed } = workerData as GenerateSettings; // handed over by generate-members.ts
  const post = (message: FromMaker): void => port.postMessage(message, transferred(message));
  const outbox = new BatchOutbox(post);
  let made = 0;
  let isDone = false;
  const sorter = new RunSorter((rows) => outbox.add({ kind: 'batch', rows, rejects: [], progress: made }));

  const work = (): void => {
    while (made < count && !outbox.isWaiting) {
      const until = Math.min(count, made + MEMBERS_AT_ONCE);
      for (; made < until; made++) {
        const statement = generatedMember(seed, made);
        sorter.add(statement.row.memberId, packStatement(statement, made + 1));
      }
      sorter.flush();
    }
    if (made < count || outbox.isWaiting || isDone) return;
    isDone = true;
    post({ kind: 'done', ignoredColumns: [] });
  };

  port.on('message', (message: ToMaker) => {
    if (message.kind === 'credit') {
      sorter.takeBack(message.bytes.buffer);
      outbox.credit();
    }
    work();
  });
  work();
}
