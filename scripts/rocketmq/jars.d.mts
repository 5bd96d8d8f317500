/** The class path of a RocketMQ server, or of its Java client, fetched where it is missing. */
export function ensureJars(kind?: 'server' | 'java-client'): Promise<string>;
/** What a server needs and this machine lacks, in one line; undefined when nothing is missing. */
export function missingTools(): Promise<string | undefined>;
export interface LackingTool {
  readonly tool: 'java' | 'maven';
  /** Of the Java that is there, where it is too old. */
  readonly version?: number;
}
/** What a server needs and this machine lacks, one by one. */
export function lackingTools(): Promise<readonly LackingTool[]>;
