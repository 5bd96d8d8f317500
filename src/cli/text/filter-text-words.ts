import type { Wording } from '../wording.js';

export const FILTER_TEXT = {
  wrong: (position: number | undefined): Wording => ({
    en: position === undefined ? 'The filter is wrong: ' : `The filter is wrong at position ${position}: `,
    'zh-CN': position === undefined ? '筛选条件有误：' : `筛选条件在第 ${position} 个字符处有误：`,
  }),
} as const;
