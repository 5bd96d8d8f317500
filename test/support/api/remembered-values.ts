/** What accepted answers told: values by the name they had, and the requests that they make possible. */
import { nextSteps, type Suggestion } from './next-steps.js';

const PER_NAME = 24;
const PER_OPERATION = 12;
/** Under what name a value of an answer is asked for. */
const ASKED_AS: Readonly<Record<string, string>> = {
  memberCount: 'confirm',
  nextCursor: 'cursor',
  campaignId: 'campaigns id',
};

export class RememberedValues {
  private readonly values = new Map<string, unknown[]>();
  private readonly suggestions = new Map<string, Suggestion[]>();

  of(name: string): readonly unknown[] {
    return this.values.get(name) ?? [];
  }

  suggestionsFor(operation: string): readonly Suggestion[] {
    return this.suggestions.get(operation) ?? [];
  }

  /** Keeps what an answer of a collection (`campaigns`) holds. */
  learn(answer: unknown, collection: string): void {
    this.keepValues(answer, '', collection);
    for (const suggestion of nextSteps(answer)) this.suggest(suggestion);
  }

  /** The newest are kept: what they speak of is most likely still as it was. */
  suggest(suggestion: Suggestion): void {
    const suggestions = this.suggestions.get(suggestion.operation) ?? [];
    suggestions.push(suggestion);
    if (suggestions.length > PER_OPERATION) suggestions.shift();
    this.suggestions.set(suggestion.operation, suggestions);
  }

  keep(name: string, value: unknown): void {
    const values = this.values.get(name) ?? [];
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > PER_NAME) values.splice(Math.floor(values.length / 2), 1); // old ones and new ones stay
    this.values.set(name, values);
  }

  private keepValues(node: unknown, name: string, collection: string): void {
    if (Array.isArray(node)) for (const item of node.slice(0, 5)) this.keepValues(item, name, collection);
    else if (typeof node === 'object' && node !== null) {
      for (const [key, value] of Object.entries(node)) this.keepValues(value, key, collection);
    } else if (node !== null && node !== undefined && typeof node !== 'boolean') {
      this.keep(name === 'id' ? `${collection} id` : (ASKED_AS[name] ?? name), node);
    }
  }
}
