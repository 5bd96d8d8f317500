import type { Phrase } from '../wording.js';

export const KEY_TEXT = {
  group: { en: 'API keys: create, list, revoke', 'zh-CN': 'API 密钥：创建、列表、吊销' },
  create: { en: 'Create an API key', 'zh-CN': '创建 API 密钥' },
  createDetails: {
    en: 'The key is printed once, alone on stdout, and never shown again.',
    'zh-CN': '密钥只显示一次，单独输出到标准输出，之后无法再查看。',
  },
  list: { en: 'List API keys, without their secrets', 'zh-CN': '列出 API 密钥（不含密钥本身）' },
  revoke: { en: 'Revoke an API key', 'zh-CN': '吊销 API 密钥' },
  name: { en: 'what the key is for', 'zh-CN': '密钥的用途' },
  id: { en: 'id of the key', 'zh-CN': '密钥编号' },
  scopes: {
    en: 'what it may do, of read, write, launch, admin, with commas',
    'zh-CN': '权限：read、write、launch、admin，用逗号隔开',
  },
  expires: { en: 'when it ends (never otherwise)', 'zh-CN': '失效时间（默认不失效）' },
  repeated: {
    en: 'This key had been created by the same request before; it cannot be shown again.',
    'zh-CN': '同一请求之前已创建过此密钥，无法再次显示。',
  },
  shownOnce: { en: 'Keep it now: it is not shown again.', 'zh-CN': '请立即保存，之后不再显示。' },
  revoked: {
    en: (name: string) => `The key "${name}" no longer opens anything.`,
    'zh-CN': (name: string) => `密钥“${name}”已失效。`,
  } satisfies Phrase<[string]>,
  fieldId: { en: 'key', 'zh-CN': '密钥' },
  fieldName: { en: 'name', 'zh-CN': '用途' },
  fieldScopes: { en: 'scopes', 'zh-CN': '权限' },
  fieldCreated: { en: 'created', 'zh-CN': '创建' },
  fieldUsed: { en: 'last used', 'zh-CN': '最近使用' },
  fieldExpires: { en: 'expires', 'zh-CN': '失效时间' },
  fieldRevoked: { en: 'revoked', 'zh-CN': '吊销时间' },
} as const;
