import { campaignId } from '../../../src/core/ids.js';
import type { Channel } from '../../../src/core/channels.js';
import type { AnswerKind, Chunk, ChunkAnswer, RecipientFields } from '../../../src/core/ports/provider.js';
import { createReferenceCodec } from '../../../src/push/reference.js';
import { createUnsubscribeTokens } from '../../../src/push/unsubscribe-token.js';

export const testKeys = { current: { id: 1, secret: new Uint8Array(32).fill(7) }, previous: [] };
export const references = createReferenceCodec(testKeys);
export const unsubscribeTokens = createUnsubscribeTokens(testKeys);

export const neverAborted = new AbortController().signal;

let lastVersion = 0;

/** A chunk of members as the pusher makes them; `ordinals` are consecutive from `from`. */
export function chunkOf(options: {
  readonly channel: Channel;
  readonly count: number;
  readonly from?: number;
  readonly round?: number;
  readonly startWithinMs?: number;
  readonly sendWithinMs?: number;
  readonly message?: Chunk['message'];
  readonly members?: (ordinal: number) => Partial<RecipientFields>;
}): Chunk {
  const from = options.from ?? 0;
  const ordinals = Float64Array.from({ length: options.count }, (_, index) => from + index);
  const members = Array.from(ordinals, (ordinal) => ({ ...memberOf(ordinal), ...options.members?.(ordinal) }));
  const column = (name: keyof RecipientFields): string => JSON.stringify(members.map((member) => member[name]));
  return {
    campaignId: campaignId(42),
    referenceCampaignId: campaignId(42),
    channel: options.channel,
    messageVersionId: ++lastVersion,
    ordinals,
    rounds: new Uint8Array(options.count).fill(options.round ?? 0),
    recipients: {
      memberId: column('memberId'),
      name: column('name'),
      points: column('points'),
      phone: column('phone'),
      email: column('email'),
      pushToken: column('pushToken'),
      pushPlatform: column('pushPlatform'),
      attributes: column('attributes'),
    },
    message: options.message ?? { subject: '{{promotion.name}}', body: '{{member.name|朋友}}: {{promotion.name}}' },
    commonFields: { 'promotion.name': '双11 "满减"', 'campaign.name': 'Autumn' },
    startWithinMs: options.startWithinMs ?? 30_000,
    sendWithinMs: options.sendWithinMs ?? 30_000,
  };
}

export function memberOf(ordinal: number): RecipientFields {
  return {
    memberId: `M${ordinal}`,
    name: `李${ordinal}`,
    level: ordinal % 5,
    points: ordinal * 10,
    activeDays: 3,
    locale: 'zh-CN',
    timeZone: 'Asia/Shanghai',
    email: `m${ordinal}@shop.example`,
    phone: `+86138${String(ordinal).padStart(8, '0')}`,
    pushToken: `token-${ordinal}`,
    pushPlatform: 'android',
    attributes: { city: '杭州' },
  };
}

export function kindsOf(answer: ChunkAnswer, count: number): readonly AnswerKind[] {
  return typeof answer.kinds === 'string' ? new Array<AnswerKind>(count).fill(answer.kinds) : answer.kinds;
}
