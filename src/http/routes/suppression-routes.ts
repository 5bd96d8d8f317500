import { z } from 'zod';
import { CHANNELS } from '../../core/channels.js';
import { memberId } from '../../core/ids.js';
import { normalizeEmail, normalizePushToken } from '../../membership/contact-points.js';
import type { AddressQuery } from '../../membership/member-repository.js';
import type { MembershipDeps } from '../../membership/members-tx.js';
import { normalizePhone, type Region } from '../../membership/phone-number.js';
import { suppressAddress, suppressMember } from '../../membership/suppress.js';
import type { HttpApp } from '../http-app.js';
import { memberOutput, renderMember } from '../member-schemas.js';
import { byMemberId } from './member-routes.js';

const orderFields = {
  action: z.enum(['suppress', 'unsuppress']).default('suppress'),
  channels: z
    .array(z.enum(CHANNELS))
    .min(1)
    .default([...CHANNELS])
    .describe('All channels where left out'),
  reason: z.string().min(1).max(200).describe('For people; no personal data'),
};

const addressBody = z.strictObject({
  kind: z.enum(['email', 'phone', 'pushToken']),
  address: z.string().min(1).max(4_096),
  ...orderFields,
});

/** Who must not be told, by member or by address. */
export function registerSuppressionRoutes(
  app: HttpApp,
  deps: MembershipDeps & { readonly defaultRegion: Region | undefined },
): void {
  app.post(
    '/v1/members/:memberId/suppression',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['members'],
        summary: 'Close channels for a member, or open them again',
        description:
          "Covers the member and the address of each channel, whoever else has it. Outlives the member's erasure. Safe to repeat.",
        params: byMemberId,
        body: z.strictObject(orderFields),
        response: { 200: memberOutput },
      },
    },
    async ({ params, body }) =>
      renderMember(await suppressMember(deps, { ...body, memberId: memberId(params.memberId) })),
  );

  app.post(
    '/v1/suppressions',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['members'],
        summary: 'Close channels for an address, or open them again',
        description: 'For whoever has the address, now or later. Kept by keyed hash. Safe to repeat.',
        body: addressBody,
        response: {
          200: z.object({ memberCount: z.int().nonnegative().describe('Members who have the address now') }),
        },
      },
    },
    async ({ body }) => {
      const { kind, address, ...order } = body;
      return suppressAddress(deps, { ...order, address: normalised(kind, address, deps.defaultRegion) });
    },
  );
}

function normalised(kind: AddressQuery['kind'], address: string, region: Region | undefined): AddressQuery {
  switch (kind) {
    case 'email':
      return { kind, address: normalizeEmail('address', address) };
    case 'phone':
      return { kind, address: normalizePhone('address', address, region) };
    case 'pushToken':
      return { kind, address: normalizePushToken('address', address) };
  }
}
