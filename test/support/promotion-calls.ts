import { z } from 'zod';

const createdSchema = z.object({ id: z.int() });
const problemSchema = z.object({ code: z.string() });
const listSchema = z.object({ items: z.array(z.object({ name: z.string() })), nextCursor: z.string().nullable() });

/** The simplest write there is: a promotion of a name of its own. Answers its status and, refused, its code. */
export async function createPromotion(
  url: string,
  name: string,
): Promise<{ readonly status: number; readonly id?: number; readonly code?: string }> {
  const response = await fetch(`${url}/v1/promotions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': name.replace(/\W+/g, '-') },
    body: JSON.stringify({
      name,
      rule: { kind: 'directCut', cutMinor: 500 },
      currency: 'EUR',
      startsAt: '2090-06-01T00:00:00Z',
      endsAt: '2090-06-19T00:00:00Z',
    }),
  });
  const body: unknown = await response.json();
  return response.ok
    ? { status: response.status, id: createdSchema.parse(body).id }
    : { status: response.status, code: problemSchema.parse(body).code };
}

/** Names of all promotions. */
export async function promotionNames(url: string): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const response: Response = await fetch(
      `${url}/v1/promotions?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    const page: z.output<typeof listSchema> = listSchema.parse(await response.json());
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  return names;
}
