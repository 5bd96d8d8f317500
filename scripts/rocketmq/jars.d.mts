/** The class path of a RocketMQ server, or of its Java client, fetched where it is missing. */
export function ensureJars(kind?: 'server' | 'java-client'): Promise<string>;
/** What a server needs and this machine lacks, in one line; undefined when nothing is missing. */
export function missingTools(): Promise<string | undefined>;
