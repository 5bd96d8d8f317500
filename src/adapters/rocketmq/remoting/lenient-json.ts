/**
 * Reads JSON as brokers write it: maps whose keys are numbers or whole objects come without quotes around them
 * (`{0:"127.0.0.1:10911"}`, `{{"topic":"T"}:{…}}`). Keys of both kinds become texts; an object's is its own JSON.
 */
export function parseLenientJson(text: string): unknown {
  return new Reader(text).read();
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  read(): unknown {
    const value = this.value();
    this.blank();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private value(): unknown {
    this.blank();
    const first = this.text[this.at];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"') return this.string();
    return this.word();
  }

  private object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.expect('{');
    while (!this.takes('}')) {
      if (entries.length > 0) this.expect(',');
      this.blank();
      const key = this.value();
      this.expect(':');
      entries.push([typeof key === 'string' ? key : JSON.stringify(key), this.value()]);
    }
    return Object.fromEntries(entries);
  }

  private array(): unknown[] {
    const values: unknown[] = [];
    this.expect('[');
    while (!this.takes(']')) {
      if (values.length > 0) this.expect(',');
      values.push(this.value());
    }
    return values;
  }

  private string(): unknown {
    const start = this.at++;
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) this.fail();
      this.at += this.text[this.at] === '\\' ? 2 : 1;
    }
    return JSON.parse(this.text.slice(start, ++this.at));
  }

  private word(): unknown {
    const [word = ''] = /^[-+.\w]+/.exec(this.text.slice(this.at, this.at + 40)) ?? [];
    if (word === '') this.fail();
    this.at += word.length;
    return JSON.parse(word);
  }

  private takes(mark: string): boolean {
    this.blank();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private expect(mark: string): void {
    if (!this.takes(mark)) this.fail();
  }

  private blank(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private fail(): never {
    throw new SyntaxError(`not JSON at ${this.at}: ${this.text.slice(Math.max(0, this.at - 20), this.at + 20)}`);
  }
}
