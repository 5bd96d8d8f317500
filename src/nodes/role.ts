/** What a node of a cluster does; each role may be played by any number of nodes. */
export const ROLES = ['api', 'planner', 'pusher', 'scheduler', 'relay'] as const;
export type Role = (typeof ROLES)[number];
export const ALL_ROLES: ReadonlySet<Role> = new Set(ROLES);
