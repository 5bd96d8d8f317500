import { z } from 'zod';
import { SCOPES } from '../../access/scope.js';
import { path } from '../api-client.js';
import { argument, command, group, option } from '../command-spec.js';
import { idempotencyKeyOption, time } from '../common-options.js';
import { formatTime } from '../format-values.js';
import { choice, commaList, required, single, text } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { renderPairs, renderTable } from '../tables.js';
import { GENERAL_TEXT } from '../text/general-text.js';
import { KEY_TEXT as T } from '../text/key-text.js';
import type { Say } from '../wording.js';

const keyAnswer = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
type KeyAnswer = z.output<typeof keyAnswer>;

const createKey = command({
  name: 'create',
  summary: T.create,
  details: T.createDetails,
  args: { name: argument('<name>', T.name, required(text)) },
  options: {
    scopes: option('--scopes <scopes>', T.scopes, required(commaList(choice(SCOPES)))),
    expires: option('--expires <time>', T.expires, single(time)),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare keys create "back office" --scopes read,write',
    'fanfare keys create "night import" --scopes write --expires +90d > key.txt',
  ],
  run: async (context, { args: { name }, options }) => {
    const answer = await context.api().post('/v1/api-keys', {
      body: { name, scopes: options.scopes, ...(options.expires === undefined ? {} : { expiresAt: options.expires }) },
      idempotencyKey: options.idempotencyKey ?? context.newKey(),
    });
    const { secret, ...key } = answer.read(keyAnswer.extend({ secret: z.string().nullable() }));
    context.note(renderKey(key, context.say).trimEnd());
    context.note(context.say(secret === null ? T.repeated : T.shownOnce));
    // Only the key itself on stdout: it goes into a file or a secret store unread.
    await context.result(answer.document, () => (secret === null ? '' : `${secret}\n`));
    context.next('FANFARE_API_KEY=$(cat key.txt) fanfare promotion list', `fanfare keys revoke ${key.id}`);
  },
});

const listKeys = command({
  name: 'list',
  summary: T.list,
  args: {},
  options: {},
  examples: ['fanfare keys list'],
  run: async (context) => {
    const answer = await context.api().get('/v1/api-keys');
    const page = answer.read(z.object({ items: z.array(keyAnswer) }));
    await showPage(context, {
      document: answer.document,
      page,
      line: 'fanfare keys list',
      render: (keys) => renderKeys(keys, context.say),
      next: ['fanfare keys create NAME --scopes read'],
    });
  },
});

const revokeKey = command({
  name: 'revoke',
  summary: T.revoke,
  args: { id: argument('<id>', T.id, required(text)) },
  options: {},
  examples: ['fanfare keys revoke key_2f9c'],
  run: async (context, { args: { id } }) => {
    const answer = await context.api().delete(path`/v1/api-keys/${id}`);
    const key = answer.read(keyAnswer);
    await context.result(answer.document, () => renderKey(key, context.say));
    context.note(context.say(T.revoked, key.name));
    context.next('fanfare keys list');
  },
});

const timeOr = (instant: string | null, say: Say): string =>
  instant === null ? say(GENERAL_TEXT.none) : formatTime(instant);

function renderKey(key: KeyAnswer, say: Say): string {
  return renderPairs([
    [say(T.fieldId), key.id],
    [say(T.fieldName), key.name],
    [say(T.fieldScopes), key.scopes.join(', ')],
    [say(T.fieldCreated), `${formatTime(key.createdAt)}  ${key.createdBy}`],
    [say(T.fieldExpires), timeOr(key.expiresAt, say)],
    [say(T.fieldRevoked), key.revokedAt === null ? null : formatTime(key.revokedAt)],
  ]);
}

const renderKeys = (keys: readonly KeyAnswer[], say: Say): string =>
  renderTable(
    [
      { title: say(T.fieldId), value: ({ id }) => id },
      { title: say(T.fieldName), value: ({ name }) => name },
      { title: say(T.fieldScopes), value: ({ scopes }) => scopes.join(',') },
      { title: say(T.fieldUsed), value: ({ lastUsedAt }) => timeOr(lastUsedAt, say) },
      { title: say(T.fieldExpires), value: ({ expiresAt }) => timeOr(expiresAt, say) },
      { title: say(T.fieldRevoked), value: ({ revokedAt }) => timeOr(revokedAt, say) },
    ],
    keys,
  );

export const keyCommands = group('keys', T.group, [createKey, listKeys, revokeKey]);
