import type { SourceChange } from './changed-source.js';
import type { NamedTest } from './runner-protocol.js';

/** A mistake that systems like this one were seen to make, as it would be made here, and the test that sees it. */
export interface PlantedDefect {
  readonly id: string;
  /** What goes wrong, and where it would. */
  readonly story: string;
  readonly changes: readonly SourceChange[];
  readonly caughtBy: NamedTest;
}

const PUSHER = 'src/push/channel-pusher.test.ts';
const FREEZE = 'src/campaign/freeze-audience.test.ts';
const COUPON = 'src/coupon/coupon.test.ts';
const CLAIMS = 'src/coupon/claim/claim-coupons.test.ts';
const ISSUE_RUNS = 'src/coupon/issue/issue-runs.test.ts';
const LOCKS = 'src/coupon/order/locks.test.ts';
const GATE = 'src/idempotency/idempotency-gate.test.ts';

export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    id: 'D1',
    story: 'Chunks share one list of members, which is filled again while the one before is on its way.',
    changes: [
      {
        file: 'src/push/mark-bucket.ts',
        from: 'const picked = new Float64Array(positions.length);',
        to: 'const picked = ((globalThis as any).list ??= new Float64Array(1_000)).subarray(0, positions.length);',
      },
    ],
    caughtBy: { file: PUSHER, name: 'pushing a channel > tells every member exactly once, and completes' },
  },
  {
    id: 'D2',
    story: 'All mails of a chunk are one object, which gets the next address before the one before was written.',
    changes: [
      {
        file: 'src/adapters/vendors/smtp/smtp-provider.ts',
        from: 'return references.map((reference, row) => ({',
        to: 'const one: any = {}; return references.map((reference, row) => Object.assign(one, {',
      },
    ],
    caughtBy: {
      file: 'src/adapters/vendors/smtp/smtp-provider.test.ts',
      name: 'provider conformance: SMTP > answers accepted for every member, and asks about each once',
    },
  },
  {
    id: 'D3',
    story: 'Members are recorded as sent when they are handed over: a crash loses those on their way.',
    changes: [
      {
        file: 'src/push/mark-bucket.ts',
        from: 'cells[position] = markInFlight(cells[position] ?? OUTCOME_BASE);',
        to: 'image.move(position, OUTCOME_CODES.sent);',
      },
    ],
    caughtBy: {
      file: PUSHER,
      name: 'pushing a channel > keeps its promise when a pusher dies with members in flight: atLeastOnce',
    },
  },
  {
    id: 'D4',
    story: 'Nobody keeps hold of what is on its way: a pusher that stops goes before the answers come.',
    changes: [
      {
        file: 'src/push/channel-pusher.ts',
        from: '(!this.isStopping || this.held.size > 0 || this.handOver.openRequests > 0);',
        to: '!this.isStopping;',
      },
    ],
    caughtBy: {
      file: 'src/push/lost-work.test.ts',
      name: 'a pusher that stops > waits for what is on its way, and records it',
    },
  },
  {
    id: 'D5',
    story: 'A bucket that comes again is told from its start: everybody in it who was told is told again.',
    changes: [
      {
        file: 'src/push/turn.ts',
        from: 'if (!isInFlight(code)) continue;',
        to: 'if (!isInFlight(code)) { image.move(position, 0); continue; }',
      },
    ],
    caughtBy: {
      file: 'src/push/lost-work.test.ts',
      name: 'a bucket whose pusher died half-way > is told to the rest of it only',
    },
  },
  {
    id: 'D6',
    story: 'A bucket ends with a member, the next begins with the same one: ends included here, excluded there.',
    changes: [
      {
        file: 'src/campaign/bucket-packer.ts',
        from: 'if (this.carried === BUCKET_SIZE) buckets.push(...this.flush());',
        to: 'if (this.carried === BUCKET_SIZE) { buckets.push(...this.flush()); this.carry[this.carried++] = ordinal; }',
      },
    ],
    caughtBy: {
      file: 'src/campaign/bucket-packer.test.ts',
      name: 'packing members into buckets > puts every chosen member into exactly one bucket, all full but the last',
    },
  },
  {
    id: 'D7',
    story: 'The start of a slice is raised and its end lowered: members between two slices are in none.',
    changes: [
      {
        file: 'src/campaign/freeze-steps.ts',
        from: 'await members.selectOrdinals({ filter, range })',
        to: 'await members.selectOrdinals({ filter, range: { from: range.from + 1, until: range.until - 1 } })',
      },
    ],
    caughtBy: {
      file: FREEZE,
      name: 'freezing an audience > takes those who pass a filter, in full buckets, whatever the gaps',
    },
  },
  {
    id: 'D8',
    story: 'Slices are pages by number of a table that lives: when some leave, others move up past the page.',
    changes: [
      {
        file: 'src/campaign/freeze-steps.ts',
        from: 'members.populationBlocks({ fromBlock: blockOf(from), limit: FILTER_SLICE_BLOCKS });',
        to: '(await members.populationBlocks({ fromBlock: 0, limit: 1e6 })).slice(blockOf(from), blockOf(from) + FILTER_SLICE_BLOCKS);',
      },
    ],
    caughtBy: {
      file: FREEZE,
      name: 'freezing an audience > leaves out nobody because others go while it freezes',
    },
  },
  {
    id: 'D9',
    story: 'Who is told is filtered by less than was counted.',
    changes: [
      {
        file: 'src/campaign/freeze-steps.ts',
        from: 'await members.selectOrdinals({ filter, range })',
        to: "await members.selectOrdinals({ filter: { kind: 'everybody' }, range })",
      },
    ],
    caughtBy: {
      file: 'src/campaign/freeze-members.test.ts',
      name: 'freezing a real membership > puts each chosen member into exactly one bucket, in the same bytes each time',
    },
  },
  {
    id: 'D10',
    story: '"Everybody" is whoever is there when a freeze happens to run, and somebody else when it runs again.',
    changes: [
      {
        file: 'src/campaign/freeze-audience.ts',
        from: "return campaign?.state === 'freezing' ? tx",
        to: 'return campaign !== undefined ? tx',
      },
      {
        file: 'src/campaign/freeze-audience.ts',
        from: 'if (audience.frozenAt === null && !(await keepSteps',
        to: 'if (!(await keepSteps',
      },
      {
        file: 'src/adapters/sqlite/audience-repository.ts',
        from: 'AND bucket_count = ? AND frozen_at IS NULL',
        to: 'AND bucket_count = ?',
      },
    ],
    caughtBy: {
      file: FREEZE,
      name: 'freezing an audience > freezes everybody before anything can be sent, and nobody who joins later',
    },
  },
  {
    id: 'D11',
    story: 'What a vendor says about each member is collected and not read.',
    changes: [
      {
        file: 'src/push/merge-answers.ts',
        from: "(answer.kinds[index] ?? 'ambiguous')",
        to: "'accepted'",
      },
    ],
    caughtBy: {
      file: PUSHER,
      name: 'pushing a channel > drops an address that the vendor calls dead, and keeps one that was only refused a message',
    },
  },
  {
    id: 'D12',
    story: 'Asked whether somebody was told, then sent, then remembered: a crash between tells her twice.',
    changes: [
      {
        file: 'src/push/mark-bucket.ts',
        from: 'cells[position] = markInFlight(cells[position] ?? OUTCOME_BASE);',
        to: '',
      },
      {
        file: 'src/ledger/cell-moves.ts',
        from: 'AnswerKind, rules: TryRules): number | undefined {\n  if (!isInFlight(code)) return undefined;',
        to: 'AnswerKind, rules: TryRules): number | undefined {\n  if (code >= 128) return undefined;',
      },
    ],
    caughtBy: {
      file: PUSHER,
      name: 'pushing a channel > keeps its promise when a pusher dies with members in flight: atMostOnce',
    },
  },
  {
    id: 'D13',
    story: 'The key for a vendor names the member and not the campaign: the second campaign is taken for the first.',
    changes: [
      {
        file: 'src/push/reference.ts',
        from: 'writePackedInteger(bytes, targets.campaignId, at + CAMPAIGN_AT);',
        to: 'writePackedInteger(bytes, 0, at + CAMPAIGN_AT);',
      },
    ],
    caughtBy: {
      file: 'src/push/reference.test.ts',
      name: 'a reference > names its cell, whoever its neighbours were',
    },
  },
  {
    id: 'D14',
    story: 'A message is measured in characters, and carried in bytes.',
    changes: [
      {
        file: 'src/events/check-message.ts',
        from: "Buffer.byteLength(message.body, 'utf8')",
        to: 'message.body.length',
      },
    ],
    caughtBy: {
      file: 'src/adapters/sqlite/sqlite-queue.test.ts',
      name: 'queue conformance: embedded > counts a body in bytes, not in characters, and carries any text',
    },
  },
  {
    id: 'D15',
    story:
      'A key is looked up, then written whatever stands there by then: two submits at once both have their effect.',
    changes: [
      {
        file: 'src/adapters/sqlite/idempotency-repository.ts',
        from: 'WHERE kept_at <= @expired_before`);',
        to: 'WHERE kept_at <= @expired_before OR true`);',
      },
    ],
    caughtBy: {
      file: GATE,
      name: 'an Idempotency-Key > has one effect even when two servers over one store run it at once',
    },
  },
  {
    id: 'D16',
    story: 'The key is kept before the effect commits: after a failure every repeat is told that it was done.',
    changes: [
      {
        file: 'src/idempotency/idempotency-gate.ts',
        from: 'return { ...(await work(remember)), isRepeated: false };\n    } catch',
        to: "await this.store.transaction((tx) => this.keep(tx, request, { kind: 'done', status: 201, reference: 'campaign/1' }));\n      return { ...(await work(() => Promise.resolve())), isRepeated: false };\n    } catch",
      },
    ],
    caughtBy: {
      file: GATE,
      name: 'an Idempotency-Key > does not keep a crash of ours, and leaves no effect of it',
    },
  },
  {
    id: 'D17',
    story: 'What a transaction causes happens before it commits: rolled back, it has happened all the same.',
    changes: [
      {
        file: 'src/push/channel-pusher.ts',
        from: 'return runTurn(tx, plan, place);',
        to: 'return runTurn(tx, plan, place).then((turn) => { for (const chunk of turn.chunks) this.handOver.send(chunk); return { ...turn, chunks: [] }; });',
      },
    ],
    caughtBy: {
      file: 'src/push/lost-work.test.ts',
      name: 'a turn that does not commit > has sent nothing',
    },
  },
  {
    id: 'D18',
    story: 'An edit publishes what a creation publishes: everybody is told again.',
    changes: [
      {
        file: 'src/promotion/edit-promotion.ts',
        from: 'topic: TOPICS.promotionEdited,',
        to: 'topic: TOPICS.promotionCreated,',
      },
    ],
    caughtBy: { file: 'src/promotion/promotion.test.ts', name: 'promotions > announces nothing by an edit' },
  },
  {
    id: 'D19',
    story: 'An edit writes the whole coupon again, and with it a count of grants that begins anew.',
    changes: [
      {
        file: 'src/adapters/sqlite/coupon-repository.ts',
        from: 'UPDATE coupon_stock SET stock = ?, budget_minor = ? WHERE',
        to: 'UPDATE coupon_stock SET stock = ?, budget_minor = ?, granted = 0 WHERE',
      },
    ],
    caughtBy: { file: COUPON, name: 'coupons > keep every count through edits, whatever the edit says' },
  },
  {
    id: 'D20',
    story: 'Whether a member has the coupon is looked up before, and not by the transaction that grants.',
    changes: [
      {
        file: 'src/coupon/claim/decide-claim.ts',
        from: 'if (held.length >= coupon.limitPerMember)',
        to: 'if (held.length >= 100)',
      },
    ],
    caughtBy: { file: CLAIMS, name: 'claims > answer each member of one request, by the books' },
  },
  {
    id: 'D21',
    story: 'A comment promises that the stock is looked at, and nothing looks.',
    changes: [
      { file: 'src/coupon/claim/decide-claim.ts', from: "if (stockLeft === 0) return refused('soldOut');", to: '' },
      { file: 'src/coupon/grant/give-grants.ts', from: 'left === undefined || grants.length <= left,', to: 'true,' },
      {
        file: 'src/adapters/sqlite/migrations/0010-coupons.ts',
        from: 'CHECK (stock IS NULL OR granted <= stock)',
        to: '',
      },
    ],
    caughtBy: {
      file: CLAIMS,
      name: 'claims at the same time > never give more than the stock, nor a member more than her limit, under any interleaving',
    },
  },
  {
    id: 'B1',
    story: 'Whoever asks what a member holds looks at rows only: a login after an issue run brings a second one.',
    changes: [
      {
        file: 'src/coupon/grant/held-grants.ts',
        from: 'const given = isGivenEagerly ? await tx.grantBits.ofMembers(id, ordinals) : [];',
        to: 'const given: any[] = [];',
      },
      {
        file: 'src/coupon/grant/held-grants.ts',
        from: 'const instants = await tx.grantBits.ofMembers(id, ordinals);',
        to: 'const instants: any[] = [];',
      },
    ],
    caughtBy: {
      file: ISSUE_RUNS,
      name: 'a coupon given to many at once > leaves out who has it from a login, and a login after it brings no second',
    },
  },
  {
    id: 'B2',
    story: 'A slice of an issue run gives to its blocks without asking, under the lock, who of them holds it already.',
    changes: [
      {
        file: 'src/coupon/issue/plan-blocks.ts',
        from: 'const holders = held.get(block);',
        to: 'const holders = undefined as any;',
      },
    ],
    caughtBy: {
      file: 'src/coupon/issue/issue-model.test.ts',
      name: 'lazily and eagerly given at the same time > a coupon comes to nobody twice, never beyond its stock, and in the end to everybody',
    },
  },
  {
    id: 'D24',
    story:
      'A request is guarded while it runs, and the guard goes with it: the same request a moment later runs again.',
    changes: [
      {
        file: 'src/idempotency/idempotency-gate.ts',
        from: "const isKept = await this.keep(tx, request, { kind: 'done', ...done });",
        to: 'const isKept = tx !== undefined && done !== undefined;',
      },
    ],
    caughtBy: {
      file: GATE,
      name: 'an Idempotency-Key > lets ten requests at once have one effect and the same answer',
    },
  },
  {
    id: 'D25',
    story: 'An event is off the queue when it is given out: who dies over it has lost it.',
    changes: [
      {
        file: 'src/adapters/sqlite/event-repository.ts',
        from: 'statements.insertDelivery.run(topic, group, row.position, row.key, isOrdered ? 1 : 0, 1, 1, now + leaseMs);',
        to: '',
      },
    ],
    caughtBy: {
      file: 'src/adapters/sqlite/sqlite-queue.test.ts',
      name: 'queue conformance: embedded > gives nothing lost and nothing doubled through many random failures',
    },
  },
  {
    id: 'D26',
    story: 'Outcomes are written under the bucket, not under the lease: who lost it writes over who has it.',
    changes: [
      {
        file: 'src/adapters/sqlite/ledger-statements.ts',
        from: 'SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ? AND token = ? AND',
        to: 'SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ? AND ? > 0 AND',
      },
      {
        file: 'src/adapters/sqlite/ledger-statements.ts',
        from: '${setHandover} WHERE id = ? AND token = ? AND',
        to: '${setHandover} WHERE id = ? AND ? > 0 AND',
      },
      {
        file: 'src/adapters/sqlite/ledger-statements.ts',
        from: 'lease_owner = NULL\n       WHERE id = ? AND token = ? AND',
        to: 'lease_owner = NULL\n       WHERE id = ? AND ? > 0 AND',
      },
    ],
    caughtBy: {
      file: 'src/adapters/sqlite/ledger-repository.test.ts',
      name: 'ledger conformance: embedded > a row of the ledger > is closed to whoever lost its lease, while another holds it',
    },
  },
  {
    id: 'O1',
    story: 'A cancel that was sent before the payment and comes after it gives a used coupon back.',
    changes: [
      {
        file: 'src/coupon/order/coupon-order.ts',
        from: 'return version > order.version ||',
        to: "return kind === 'cancelled' || version > order.version ||",
      },
    ],
    caughtBy: { file: LOCKS, name: 'news of orders > that is older than the payment gives nothing back' },
  },
  {
    id: 'O2',
    story: 'A payment that is told twice is counted twice.',
    changes: [
      {
        file: 'src/coupon/order/coupon-order.ts',
        from: 'rankOf(kind) > rankOf(order.state)',
        to: 'rankOf(kind) >= rankOf(order.state)',
      },
      {
        file: 'src/coupon/grant/grant-moves.ts',
        from: "redeemed: { own: 'stays', other: 'refused' },",
        to: "redeemed: { own: 'paidLate', other: 'refused' },",
      },
      { file: 'src/coupon/grant/grant-moves.ts', from: 'assert(from === grant.state,', to: 'assert(from !== grant,' },
    ],
    caughtBy: { file: LOCKS, name: 'news of orders > counts once, however often it is told' },
  },
  {
    id: 'O3',
    story: 'The timer of a lock releases what was paid while it was on its way.',
    changes: [
      {
        file: 'src/coupon/order/tell-orders.ts',
        from: "lockEndsAt: order.state === 'created' ? order.lockEndsAt : undefined,",
        to: 'lockEndsAt: order.lockEndsAt,',
      },
      {
        file: 'src/coupon/order/expire-locks.ts',
        from: "{ kind: 'look' }",
        to: "{ kind: 'return', orderId: use.orderId, why: 'cancelled' }",
      },
    ],
    caughtBy: { file: LOCKS, name: 'locks of orders > keep what was paid before the timer came' },
  },
  {
    id: 'O4',
    story: 'The end of a lock is compared with the time of day where the machine stands.',
    changes: [
      {
        file: 'src/coupon/grant/grant-moves.ts',
        from: 'now >= use.lockEndsAt;',
        to: 'now - new Date(now).getTimezoneOffset() * 60_000 >= use.lockEndsAt;',
      },
    ],
    caughtBy: {
      file: LOCKS,
      name: 'locks of orders > are compared with instants, whatever the time zone of the machine',
    },
  },
];

/** Known mistakes that cannot be made here yet. */
export const WITHOUT_SUBJECT: Readonly<Record<string, string>> = {
  D22: 'two writers of one bitmap of reminders that lose a bit: there are no reminders',
  D23: 'a reminder that a repeat switches off: there are no reminders',
};

export function findDefect(id: string): PlantedDefect {
  const defect = PLANTED_DEFECTS.find((each) => each.id === id);
  if (defect !== undefined) return defect;
  throw new Error(
    `There is no defect "${id}" to plant; choose of ${PLANTED_DEFECTS.map((each) => each.id).join(', ')}.`,
  );
}
