import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LANGUAGES, type Language } from '../core/language.js';

export const languageQuery = z.enum(LANGUAGES).optional().describe('Language of words; else by Accept-Language');

/** The language asked for: by the query, else the first that Accept-Language names, else English. */
export function languageOf(request: FastifyRequest, asked: Language | undefined): Language {
  if (asked !== undefined) return asked;
  const first = request.headers['accept-language']?.trim().toLowerCase() ?? '';
  return first.startsWith('zh') ? 'zh-CN' : 'en';
}
