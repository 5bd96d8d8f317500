/** Sends generated requests over a real connection and keeps what can be learnt from the answers. */
import { Pool } from 'undici';
import type { ApiAnswer } from './answer-check.js';
import type { ApiRequest } from './draw-request.js';

/** An answer that takes longer is a fault of the server. */
const ANSWER_MS = 30_000;

export class ApiClient {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool(url, { connections: 8, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  }

  /** Of an event stream only the beginning is read. */
  async ask({ method, target, headers, body }: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.pool.request({ method, path: target, headers, body: body ?? null });
    const isStream = String(answer.headers['content-type'] ?? '').startsWith('text/event-stream');
    const text = isStream ? await beginningOf(answer.body) : await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: text };
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

async function beginningOf(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string> {
  for await (const chunk of body) {
    body.destroy();
    return chunk.toString();
  }
  return '';
}
