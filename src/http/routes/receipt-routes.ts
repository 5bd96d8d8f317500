import { z } from 'zod';
import { recordReceipts, type ReceiptDeps } from '../../ledger/record-receipts.js';
import type { HttpApp } from '../http-app.js';

/** What vendors report after they accepted a message; the shop's own webhook hands it on. */
export function registerReceiptRoutes(app: HttpApp, deps: ReceiptDeps): void {
  app.post(
    '/v1/receipts',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['ledger'],
        summary: 'Record what became of accepted messages',
        description:
          'By the reference that the vendor was given; forged ones are not ours. Safe to repeat, in any order. ' +
          'Answers for each in the order given.',
        body: z.strictObject({
          receipts: z
            .array(z.strictObject({ reference: z.string().min(1).max(100), outcome: z.enum(['delivered', 'bounced']) }))
            .min(1)
            .max(1_000),
        }),
        response: { 200: z.object({ results: z.array(z.enum(['recorded', 'unchanged', 'notOurs'])) }) },
      },
    },
    async ({ body }) => ({ results: [...(await recordReceipts(deps, body.receipts))] }),
  );
}
