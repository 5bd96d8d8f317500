import type { CliContext } from './cli-context.js';
import { GENERAL_TEXT } from './text/general-text.js';

/** Prints a page of a list, and how to see the next one. */
export async function showPage<Item>(
  context: CliContext,
  {
    document,
    page,
    line,
    render,
    next,
  }: {
    readonly document: unknown;
    readonly page: { readonly items: readonly Item[]; readonly nextCursor?: string | null };
    /** The command without its cursor. */
    readonly line: string;
    readonly render: (items: readonly Item[]) => string;
    readonly next: readonly string[];
  },
): Promise<void> {
  const { say } = context;
  await context.result(document, () =>
    page.items.length === 0 ? `${say(GENERAL_TEXT.nothing)}\n` : render(page.items),
  );
  if (page.nextCursor != null) context.note(say(GENERAL_TEXT.more, `${line} --cursor ${page.nextCursor}`));
  context.next(...next);
}
