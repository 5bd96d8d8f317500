/** Languages of what people read: texts of the product, not of a shop's messages. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];
