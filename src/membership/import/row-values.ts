import type { Channel } from '../../core/channels.js';
import { isDomainError } from '../../core/errors.js';
import { invalidField } from '../invalid-field.js';
import type { StatementBuilder } from '../read-statement.js';
import type { FieldTarget } from './field-target.js';
import type { Reject } from './import-settings.js';

/**
 * The values of one row on their way into a statement: parts that make one field (a state with its time, two names)
 * are collected until the row is whole.
 */
export class RowValues {
  private consents: ConsentParts[] | undefined;
  private firstName: string | undefined;
  private lastName: string | undefined;

  constructor(private readonly builder: StatementBuilder) {}

  add(target: FieldTarget, value: unknown): void {
    switch (target.kind) {
      case 'memberId':
        return;
      case 'field':
        this.builder.set(target.field, value);
        return;
      case 'firstName':
        this.firstName = textOf(value);
        return;
      case 'lastName':
        this.lastName = textOf(value);
        return;
      case 'consent': {
        this.partsOf(target.channel)[target.part] = value;
        return;
      }
      case 'attribute':
        this.builder.setAttribute(target.key, attributeOf(target, value));
        return;
    }
  }

  finish(): ReturnType<StatementBuilder['build']> {
    for (const parts of this.consents ?? []) this.builder.setConsent(parts.channel, parts);
    if (this.firstName !== undefined || this.lastName !== undefined) {
      this.builder.set('name', fullName(this.firstName ?? '', this.lastName ?? ''));
    }
    return this.builder.build();
  }

  private partsOf(channel: Channel): ConsentParts {
    this.consents ??= [];
    for (const parts of this.consents) if (parts.channel === channel) return parts;
    const parts: ConsentParts = { channel, state: undefined, at: undefined, source: undefined };
    this.consents.push(parts);
    return parts;
  }
}

interface ConsentParts {
  readonly channel: Channel;
  state: unknown;
  at: unknown;
  source: unknown;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Family name first and no space between where either is written in Han characters. */
function fullName(first: string, last: string): string {
  return /\p{Script=Han}/u.test(first + last) ? last + first : `${first} ${last}`.trim();
}

function attributeOf(
  { key, type }: FieldTarget & { readonly kind: 'attribute' },
  value: unknown,
): string | number | boolean | null {
  if (value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw invalidField(`attributes.${key}`, 'must be a text, a number, true or false');
  const text = value.trim();
  if (text === '') return null;
  if (type === 'text') return text;
  if (type === 'boolean') return /^(yes|true|1)$/i.test(text);
  const number = Number(text);
  if (!Number.isFinite(number)) throw invalidField(`attributes.${key}`, 'must be a number');
  return number;
}

/** The reject that an error of one field becomes; errors of ours that are none are thrown on. */
export function rejectOf(
  error: unknown,
  place: Omit<Reject, 'reason' | 'column'> & { columnOf: (field: string) => string },
): Reject {
  if (!isDomainError(error, 'INVALID_INPUT')) throw error;
  const { field, reason } = error.values;
  return {
    line: place.line,
    column: place.columnOf(String(field)),
    reason: String(reason),
    memberId: place.memberId,
  };
}
