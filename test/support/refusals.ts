import type { EngineStore } from '../../src/compose.js';
import type { EngineTx } from '../../src/compose.js';
import type { Store } from '../../src/core/ports/store.js';

/** The same store, telling of each row that a holder was refused because its token no longer holds. */
export function tellingRefusals(store: EngineStore, onRefused: () => void): Store<EngineTx> {
  const wrap = (tx: EngineTx): EngineTx => ({
    ...tx,
    ledger: {
      ...tx.ledger,
      load: async (key, token) => {
        const row = await tx.ledger.load(key, token);
        if (row === undefined) onRefused();
        return row;
      },
    },
  });
  return {
    transaction: (body, options) => store.transaction((tx) => body(wrap(tx)), options),
    read: (body) => store.read((tx) => body(wrap(tx))),
  };
}
