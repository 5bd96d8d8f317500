import { crc32 } from 'node:zlib';

/**
 * Everything that passed a port, as one number: the same seed must give the same. Lines are kept only when somebody
 * will read them.
 */
export class Trace {
  readonly lines: string[] = [];
  private high = 0;
  private low = 0xffffffff;
  private noted = 0;

  constructor(private readonly keepsLines: boolean) {}

  note(atMs: number, what: string, ...values: readonly unknown[]): void {
    this.noted++;
    const line = `${atMs.toFixed(1)} ${what} ${values.map(describe).join(' ')}`;
    this.low = crc32(line, this.low);
    this.high = crc32(line, (this.high ^ this.noted) >>> 0);
    if (this.keepsLines) this.lines.push(line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line);
  }

  /** How much has happened: unchanged while everything waits. */
  get length(): number {
    return this.noted;
  }

  get hash(): string {
    return [this.high, this.low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

const MAX_LINE = 400;
const MAX_DEPTH = 6;

/** A value as text, bytes by their check sum; functions and signals say nothing. */
export function describe(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'null' : describeObject(value, depth);
    default:
      return '-';
  }
}

function describeObject(value: object, depth: number): string {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return `#${bytes.length}:${crc32(bytes).toString(16)}`;
  }
  if (value instanceof AbortSignal) return '-';
  if (value instanceof Error) return `${value.name}(${'code' in value ? String(value.code) : value.message})`;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return `[${value.map((item) => describe(item, depth + 1)).join(',')}]`;
  if (value instanceof Map || value instanceof Set) return describe([...value], depth);
  return `{${Object.entries(value)
    .map(([name, item]) => `${name}:${describe(item, depth + 1)}`)
    .join(',')}}`;
}
