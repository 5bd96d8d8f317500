/** The class path of a RocketMQ server, fetched where it is missing. */
export function ensureJars(): Promise<string>;
/** What a server needs and this machine lacks, in one line; undefined when nothing is missing. */
export function missingTools(): Promise<string | undefined>;
