import { undoFormulaGuard } from '../../core/formula-guard.js';
import { readMemberId } from '../read-member.js';
import { StatementBuilder, type ReadOptions } from '../read-statement.js';
import type { MemberStatement } from '../statement.js';
import type { ColumnPlan, PlannedColumn } from './column-plan.js';
import { keyOfTarget } from './field-target.js';
import type { Reject } from './import-settings.js';
import { rejectOf, RowValues } from './row-values.js';
import { shopifyConsent, undoShopifyGuard } from './shopify-layout.js';

/** From the cells of a row to what it states, or why it is not taken. */
export class CsvMapper {
  private readonly columnByField: ReadonlyMap<string, string>;
  private readonly clean: (cell: string, column: PlannedColumn) => string;

  constructor(
    private readonly plan: ColumnPlan,
    private readonly options: ReadOptions,
    private readonly memberIdColumn: string,
  ) {
    this.columnByField = new Map(plan.columns.map(({ target, name }) => [fieldOf(keyOfTarget(target)), name]));
    this.clean = plan.layout === 'shopify' ? cleanShopify : undoFormulaGuard;
  }

  read(cells: readonly string[], line: number): MemberStatement | Reject {
    const { plan } = this;
    if (cells.length !== plan.columnCount && !hasOnlyEmptyExtra(cells, plan.columnCount)) {
      const reason = `has ${cells.length} columns where the header has ${plan.columnCount}`;
      return { line, column: '', reason, memberId: null };
    }
    let memberId: string | null = null;
    let current: string | undefined = this.memberIdColumn;
    try {
      const id = readMemberId(cleanId(cells[plan.memberIdIndex] ?? '', plan.layout));
      memberId = id;
      const builder = new StatementBuilder(id, this.options);
      const values = new RowValues(builder);
      for (const column of plan.columns) {
        current = column.name;
        values.add(column.target, this.clean(cells[column.index] ?? '', column));
      }
      current = undefined;
      return values.finish();
    } catch (error) {
      const columnOf = (field: string): string => current ?? this.columnByField.get(field) ?? field;
      return rejectOf(error, { line, memberId, columnOf });
    }
  }
}

/** Some tools end each line with empty cells. */
const hasOnlyEmptyExtra = (cells: readonly string[], columnCount: number): boolean =>
  cells.length > columnCount && cells.slice(columnCount).every((cell) => cell === '');

/** The field that an error names: a consent's state has none of its own. */
const fieldOf = (key: string): string => key.replace(/\.state$/, '');

const cleanId = (cell: string, layout: ColumnPlan['layout']): string =>
  layout === 'shopify' ? undoShopifyGuard(cell) : undoFormulaGuard(cell);

function cleanShopify(cell: string, { target }: PlannedColumn): string {
  if (target.kind === 'field' && target.field === 'phone') return undoShopifyGuard(cell);
  if (target.kind === 'consent') return shopifyConsent(cell);
  return undoFormulaGuard(cell);
}
