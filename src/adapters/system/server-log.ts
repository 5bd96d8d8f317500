import pino, { type DestinationStream, type Logger } from 'pino';
import { isDomainError } from '../../core/errors.js';

/** Something that happened in the engine: a stable name, ids and units. */
interface NamedEvent {
  readonly kind: string;
}

export interface StructuredLog<Event extends NamedEvent> {
  info(event: object): void;
  error(event: object): void;
  event(event: Event): void;
}

/** Events that tell of trouble; the others are news. */
const TROUBLE = /failed|Error|poisoned|damaged|full|Died|setBack|deadLettered|\.away|Unknown/;

/**
 * Structured logs as JSON lines. Of an error only its name and code are kept: its message can hold a person's data.
 * @param destination standard error unless said otherwise.
 */
export function createServerLog<Event extends NamedEvent>(
  { level }: { readonly level: string },
  destination: DestinationStream = pino.destination({ fd: 2, sync: false }),
): StructuredLog<Event> {
  const logger: Logger = pino({ level, base: { pid: process.pid } }, destination);
  return {
    info: (event) => {
      logger.info(event);
    },
    error: (event) => {
      logger.error(event);
    },
    event: (event) => {
      const { kind, ...values } = event;
      const plainValues = Object.entries(values).map(([key, value]): [string, unknown] => [key, plain(value)]);
      const line = { event: kind, ...Object.fromEntries(plainValues) };
      if (TROUBLE.test(kind)) logger.warn(line);
      else logger.info(line);
    },
  };
}

function plain(value: unknown): unknown {
  if (isDomainError(value)) return { name: value.name, code: value.code };
  if (!(value instanceof Error)) return value;
  const frames = (value.stack ?? '')
    .split('\n')
    .slice(1, 6)
    .map((line) => line.trim().replace(/\(?(file:\/\/)?\/.*\/(dist|node_modules)\//, '$2/'));
  return { name: value.name, code: 'code' in value ? String(value.code) : undefined, frames };
}
