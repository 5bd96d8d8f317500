import type { Language } from '../core/language.js';
import { escapeHtml } from '../message/escape.js';

/** What the page says at each step. */
export type UnsubscribeStep = 'ask' | 'done' | 'invalid';

const TEXTS = {
  en: {
    title: 'Unsubscribe',
    ask: 'You will no longer get messages from us on this channel.',
    button: 'Unsubscribe',
    done: 'Done: you will get no more messages from us on this channel.',
    invalid: 'This link is not valid. Please use the link as it stands in the message.',
  },
  'zh-CN': {
    title: '退订',
    ask: '退订后，您将不再通过该渠道收到我们的消息。',
    button: '确认退订',
    done: '退订成功：您将不再通过该渠道收到我们的消息。',
    invalid: '链接无效，请使用消息中的原始链接。',
  },
} as const satisfies Record<Language, Record<string, string>>;

/** A page without scripts, styles or anything loaded; the button posts to the page's own address. */
export function unsubscribePage(step: UnsubscribeStep, language: Language): string {
  const text = TEXTS[language];
  const form = `<form method="post"><button type="submit">${escapeHtml(text.button)}</button></form>`;
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escapeHtml(text.title)}</title></head>
<body><main><h1>${escapeHtml(text.title)}</h1><p>${escapeHtml(text[step])}</p>${step === 'ask' ? form : ''}</main></body>
</html>
`;
}
