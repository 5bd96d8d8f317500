/** docs/SCALING.md is arithmetic over figures of docs/BENCHMARKS.md: it is done again here. */
import { describe, expect, it } from 'vitest';
import { short } from '../../bench/support/write-table.js';
import { readPage } from '../support/sources.js';

const page = readPage('docs/SCALING.md');
const benchmarks = readPage('docs/BENCHMARKS.md');

/** Cells of the rows of the table under a heading, its head left out. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => cellsOf(line));
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const numberIn = (text: string): number => Number(/^[\d.,]+/.exec(text)?.[0].replaceAll(',', ''));

/** Value and baseline of a figure, as the last run that was written down measured them. */
function measured(bench: string, figure: string): { readonly value: number; readonly baseline: number } {
  const table = new RegExp(`<!-- bench ${bench} -->([^]*?)<!-- end -->`).exec(benchmarks)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  const head = cellsOf(rows[0] ?? '');
  const cells = rows.map(cellsOf).find(([name]) => name === figure) ?? [];
  return { value: numberIn(cells[1] ?? ''), baseline: numberIn(cells[head.indexOf('baseline')] ?? '') };
}

const costs = tableUnder('Unit costs').map(([name = '', value = '', bench = '', figure = '']) => ({
  name,
  value: numberIn(value),
  bench: bench.replaceAll('`', ''),
  figure,
}));

function cost(name: string): number {
  const found = costs.find((each) => each.name === name);
  if (found === undefined) throw new Error(`docs/SCALING.md has no unit cost "${name}".`);
  return found.value;
}

const CORES = 2;
/** What is left idle, so that a lost node or a slow minute is no trouble. */
const BUSY_SHARE = 0.5;
const DEADLINE_SECONDS = 3_600;
const LATENCY_SECONDS = 0.2;
const WINDOW = 32_000;
const KEPT_CAMPAIGNS = 400;
const machines = (cpuMicrosPerSecond: number): number => cpuMicrosPerSecond / 1e6 / (CORES * BUSY_SHARE);

/** What `members` take, by the name of the row. */
function planFor(members: number): Readonly<Record<string, number>> {
  const perSecond = members / DEADLINE_SECONDS;
  const single = cost('node, one request per member');
  const batched = cost('node, batches of 1,000');
  const decided = cost('node, deciding alone');
  const mysql = cost('MySQL, one request per member');
  const hours = (micros: number): number => machines(members * micros) / 3_600;
  return {
    'told in a second': perSecond,
    'requests in flight at 200 ms, one per member': perSecond * LATENCY_SECONDS,
    'nodes for that window': Math.ceil((perSecond * LATENCY_SECONDS) / WINDOW),
    'nodes for their CPU, one request per member': Math.ceil(machines(perSecond * single)),
    'nodes for their CPU, batches of 1,000': Math.ceil(machines(perSecond * batched)),
    'nodes for their CPU, own inbox': Math.ceil(machines(perSecond * decided)),
    'machines for MySQL, one request per member': machines(perSecond * mysql),
    'machines for MySQL, own inbox': machines(perSecond * cost('MySQL, deciding alone')),
    'machine-hours of nodes, one request per member': hours(single),
    'machine-hours of nodes, batches of 1,000': hours(batched),
    'machine-hours of MySQL, one request per member': hours(mysql),
    'bucket tasks at most': members / 1_000,
    'seconds to freeze everybody': ((members / 3e6) * cost('freeze of 3 M')) / 1_000,
    'hours to import everybody by one node': members / cost('members written') / 3_600,
    'GB of members': (members * cost('a member')) / 1e9,
    'GB of books, 400 campaigns kept': (members * cost('books') * KEPT_CAMPAIGNS) / 1e9,
    'GB of audiences, 400 campaigns kept': (members * cost('audience') * KEPT_CAMPAIGNS) / 1e9,
    'GB of inboxes, 400 campaigns to everybody': (members * cost('inbox') * KEPT_CAMPAIGNS) / 1e9,
  };
}

describe('docs/SCALING.md', () => {
  it('takes its unit costs from what the benches measured', () => {
    expect(costs.length).toBeGreaterThan(0);
    const wrong = costs.filter(({ bench, figure, value }) => measured(bench, figure).value !== value);
    expect(wrong).toEqual([]);
  });

  it('makes its plans by arithmetic over them', () => {
    const plans = [1e8, 1e9].map(planFor);
    const names = Object.keys(plans[0] ?? {});
    const expected = names.map((name) => [name, ...plans.map((plan) => short(plan[name] ?? Number.NaN))]);
    expect(tableUnder('The plan')).toEqual(expected);
  });

  it('holds for the runs with one and two nodes', () => {
    const one = measured('cluster-vendor', 'one node, against its window');
    const two = measured('cluster-vendor', 'two nodes, against their windows');
    const rows = [one, two].map(({ value, baseline }, index) => [
      index === 0 ? 'one' : 'two',
      short(baseline),
      short(value),
      short(value / baseline),
    ]);
    expect(tableUnder('Checked').map((cells) => cells.slice(0, 4))).toEqual(rows);
    for (const { value, baseline } of [one, two]) expect(value / baseline).toBeGreaterThan(0.5);
    // A member costs no more because there are more nodes: else the plan could not count them.
    const { value, baseline } = measured('cluster-vendor', 'CPU of two nodes, against one');
    expect(value / baseline).toBeLessThan(1.5);
  });
});
