/**
 * What a key may do. A scope grants exactly its own routes: none includes another.
 *   read    look at everything but keys
 *   write   change members, promotions, drafts
 *   launch  let messages go out, and stop them
 *   admin   keys, consumer groups, erasure
 */
export const SCOPES = ['read', 'write', 'launch', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
