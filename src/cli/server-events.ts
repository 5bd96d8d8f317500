/** Server-sent events, as the HTML standard writes them: the part of it that our server uses. */

export interface ServerEvent {
  readonly event: string;
  /** Parsed JSON. */
  readonly data: unknown;
}

/** Events as they come; a stream that ends in the middle of one drops it. @throws SyntaxError for data that is no JSON. */
export async function* readServerEvents(body: AsyncIterable<unknown>): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const text = rest + decoder.decode(piece as Uint8Array, { stream: true }); // bodies are streams of bytes
    const blocks = text.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = readBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function readBlock(block: string): ServerEvent | undefined {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) name = line.slice('event:'.length).trim();
    if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''));
  }
  return data.length === 0 ? undefined : { event: name, data: JSON.parse(data.join('\n')) as unknown };
}
