import { displayWidth } from '../cli/display-width.js';

/** One escape sequence of colours, or one character. */
const PIECES = /\u001b\[[0-9;]*m|[^]/gu;

/** Marks that never begin a line. */
const CLOSING = /[，。、；：？！）」』》】]/u;

/**
 * A line in no more than `columns` of a terminal: broken at a blank, or between wide characters, and gone on below it
 * behind `indent` blanks. Colours take no room.
 */
export function foldLine(line: string, columns: number, indent: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  let width = 0;
  let breakAt = 0; // length of `current` at the last place where it may end
  for (const piece of line.match(PIECES) ?? []) {
    const pieceWidth = piece.startsWith('\u001b') ? 0 : displayWidth(piece);
    if (pieceWidth === 2 && width > indent && !CLOSING.test(piece)) breakAt = current.length;
    if (width + pieceWidth > columns && breakAt > 0) {
      lines.push(current.slice(0, breakAt).trimEnd());
      current = ' '.repeat(indent) + current.slice(breakAt).trimStart();
      width = displayWidth(current.replace(PIECES, (each) => (each.startsWith('\u001b') ? '' : each)));
      breakAt = 0;
    }
    current += piece;
    width += pieceWidth;
    if (piece === ' ' && width > indent + 1 && current.trim() !== '') breakAt = current.length;
  }
  return [...lines, current];
}
