/** What becomes of a grant, as the clock has it. */
export const GRANT_STATES = ['available', 'locked', 'redeemed', 'expired', 'revoked'] as const;
export type GrantState = (typeof GRANT_STATES)[number];
