import * as z from 'zod';

/** A key of settings as the documentation lists it. */
export interface SettingsRow {
  readonly key: string;
  readonly byDefault: string;
  readonly range: string;
}

/** Every key of a schema, those of nested objects by their path; what a key means is for people to write. */
export function settingsRows(schema: z.ZodType): readonly SettingsRow[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  return rowsOf(root, '');
}

/** The rows of the first table after `<!-- name -->` in a page. */
export function documentedRows(page: string, name: string): readonly SettingsRow[] {
  const [, after = ''] = page.split(`<!-- ${name} -->`);
  const table = /\n\n((?:\|.*\n)+)/.exec(after)?.[1] ?? '';
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, key = '', byDefault = '', range = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { key: key.replaceAll('`', ''), byDefault, range };
    });
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly const?: string;
}

function rowsOf(node: Node, path: string): SettingsRow[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = path + name;
    if (child.const !== undefined) return [];
    const isGroup = child.properties !== undefined && !('file' in child.properties);
    if (isGroup) return rowsOf(child, `${key}.`);
    const isRequired = node.required?.includes(name) === true;
    return [{ key, byDefault: isRequired ? 'required' : defaultText(child.default), range: rangeText(child) }];
  });
}

const defaultText = (value: unknown): string =>
  value === undefined ? 'none' : typeof value === 'number' ? number(value) : `\`${JSON.stringify(value)}\``;

function rangeText(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  return node.minimum === undefined || node.maximum === undefined
    ? ''
    : `${number(node.minimum)} to ${number(node.maximum)}`;
}

const number = (value: number): string => value.toLocaleString('en-US');
