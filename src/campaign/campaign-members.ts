import type { MemberRepository } from '../membership/member-repository.js';

/** What campaigns need of the membership. */
export type CampaignMembers = Pick<
  MemberRepository,
  'populationBlocks' | 'selectOrdinals' | 'flagsOfBlocks' | 'flagsOf' | 'findOrdinals'
>;
