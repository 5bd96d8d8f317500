import { displayWidth } from '../cli/display-width.js';

/** A text in no more than `columns` of a terminal; what was cut off is an ellipsis. */
export function cutText(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += displayWidth(character);
    if (width >= columns) break;
    kept += character;
  }
  return `${kept}…`;
}
