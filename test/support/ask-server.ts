/** How clients of a server that is killed ask it. */

/** @throws Error for an answer that is none of success; TypeError when the connection ended. */
export async function json(url: string, method: string, body?: object, key?: string): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new AnswerError(`${method} ${url}`, response.status, await response.text());
  return response.json();
}

export class AnswerError extends Error {
  constructor(
    call: string,
    readonly status: number,
    readonly text: string,
  ) {
    super(`${call} was answered ${status}: ${text}`);
  }
}

/** Undefined when the server died, or lost its store, before it answered. */
export async function ask<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof TypeError) return undefined; // what `fetch` says of a connection that ended
    if (error instanceof AnswerError && error.status === 503) return undefined;
    throw error;
  }
}

/** Members m-0, m-1 and so on, by one file; answers their ids. */
export async function importMembers(url: string, count: number): Promise<readonly string[]> {
  const members = Array.from({ length: count }, (_, index) => `m-${index}`);
  const response = await fetch(`${url}/v1/members/imports`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: ['memberId', ...members].join('\n'),
  });
  if (!response.ok) throw new Error(`the import was answered ${response.status}`);
  return members;
}
