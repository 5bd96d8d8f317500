/**
 * Refusals in words. The server's detail is English and says what to do; for readers of Chinese each code has a
 * sentence, made of the refusal's values where they matter, with the detail behind it. A filter's refusal says all in
 * Chinese.
 */
import type { ErrorCode } from '../../core/errors.js';
import type { Say, Wording } from '../wording.js';
import { chineseFilterRefusal } from './filter-text-words.js';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The sentence of a refusal, and what to do beside what the sentence says. */
export function problemWords(
  { code, message, values }: Refusal,
  say: Say,
): { readonly message: string; readonly hints: readonly string[] } {
  const hint = HINTS[code as ErrorCode];
  return {
    message: say({ en: message, 'zh-CN': inChinese({ code, message, values }) }),
    hints: hint === undefined ? [] : [say(hint)],
  };
}

function inChinese({ code, message, values }: Refusal): string {
  const whole = code === ('INVALID_FILTER' satisfies ErrorCode) ? chineseFilterRefusal(values) : undefined;
  if (whole !== undefined) return `${whole}（${code}）`;
  const chinese = CHINESE[code as ErrorCode]; // an unknown code has no entry
  return `${chinese === undefined ? `${code}：` : `${chinese(values)}（${code}）`}\n${message}`;
}

const HINTS: Readonly<Partial<Record<ErrorCode, Wording>>> = {
  UNAUTHORIZED: {
    en: 'Give the key by FANFARE_API_KEY or --api-key-file, never as an argument.',
    'zh-CN': '请通过 FANFARE_API_KEY 或 --api-key-file 提供密钥，不要写在命令行里。',
  },
  FORBIDDEN: {
    en: 'A key with that scope is made by: fanfare keys create NAME --scopes ...',
    'zh-CN': '可用以下命令创建具有该权限的密钥：fanfare keys create NAME --scopes ...',
  },
  JOB_RUNNING: {
    en: 'See how far it is: fanfare members imports',
    'zh-CN': '查看进度：fanfare members imports',
  },
};

type ChineseSentence = (values: Readonly<Record<string, unknown>>) => string;

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join('、');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const CHINESE: Readonly<Partial<Record<ErrorCode, ChineseSentence>>> = {
  INVALID_INPUT: ({ field }) => (field === undefined ? '输入有误' : `字段 ${shown(field)} 有误`),
  INVALID_FILTER: ({ position }) =>
    position === undefined ? '筛选条件有误' : `筛选条件在第 ${shown(position)} 个字符处有误`,
  INVALID_TEMPLATE: () => '消息模板有误',
  INVALID_CONFIG: () => '配置有误',
  INVALID_CURSOR: () => '翻页游标无效，请从第一页开始',
  EVENT_MISFIT: ({ topic, pointer }) => `主题 ${shown(topic)} 的消息与配置的映射不符：${shown(pointer) || '整条消息'}`,
  KEY_IN_QUERY: () => '密钥不能写在网址里；如果是真实密钥，请立即吊销',
  UNAUTHORIZED: () => '需要有效的 API 密钥',
  MEMBER_TOKEN_REFUSED: ({ reason }) => `会员令牌无效（${shown(reason)}），请向商城重新获取`,
  MEMBER_API_OFF: () => '服务器未开启会员接口，请配置 memberApi',
  FORBIDDEN: ({ scope }) => (scope === undefined ? '没有权限' : `密钥缺少权限 ${shown(scope)}`),
  CROSS_SITE_REQUEST: () => '拒绝跨站请求',
  NOT_FOUND: () => '没有找到',
  ROUTE_NOT_FOUND: () => '服务器没有这个接口，请检查两边的版本',
  METHOD_NOT_ALLOWED: () => '服务器的这个接口不支持该操作',
  PROMOTION_CONFLICT: () => '相同名称、创建人和时间的促销已存在，但规则不同',
  PROMOTION_ENDED: () => '促销已结束',
  VERSION_CONFLICT: () => '内容已被他人修改，请查看后重试',
  COUPON_STATE: ({ couponId }) => `优惠券 ${shown(couponId)} 当前状态下不能执行该操作`,
  LOCK_REFUSED: ({ orderId }) => `订单 ${shown(orderId)} 未锁定任何优惠券，原因见 refusals`,
  ORDER_STATE: ({ orderId }) => `订单 ${shown(orderId)} 当前状态下不能执行该操作`,
  GRANT_STATE: ({ grantId }) => `券 ${shown(grantId)} 当前状态下不能执行该操作`,
  ISSUE_RUN_STATE: ({ couponId }) => `优惠券 ${shown(couponId)} 的批量发放任务当前状态下不能执行该操作`,
  STOCK_BELOW_GRANTED: ({ couponId, granted }) => `优惠券 ${shown(couponId)} 已发放 ${shown(granted)} 张，库存不能更少`,
  CAMPAIGN_STATE: ({ campaignId, state, possible }) =>
    `活动 ${shown(campaignId)} 当前状态为 ${shown(state)}，不能执行该操作；现在可以：${shown(possible) || '等待结束'}`,
  CELLS_FORGOTTEN: ({ campaignId }) => `活动 ${shown(campaignId)} 结束已超过 400 天，只保留汇总`,
  DRY_RUN_STALE: () => '试算已失效，请重新试算',
  CONFIRMATION_MISMATCH: ({ counted, confirmed }) =>
    `确认的人数不符：试算为 ${shown(counted)}，确认的是 ${shown(confirmed ?? '无')}`,
  CHANNEL_NOT_READY: ({ channel, ready }) => `渠道 ${shown(channel)} 没有配置服务商；可用渠道：${shown(ready) || '无'}`,
  DELIVERY_MODE_REFUSED: ({ channel, mode, modes }) =>
    `渠道 ${shown(channel)} 不支持投递方式 ${shown(mode)}；可选：${shown(modes)}`,
  REQUEST_IN_PROGRESS: () => '相同的请求正在处理，请稍后再试',
  JOB_RUNNING: () => '同类任务正在运行，请等它结束',
  REQUEST_TIMEOUT: () => '请求超时，请重试',
  BODY_TOO_LARGE: () => '内容过大',
  UNSUPPORTED_MEDIA_TYPE: () => '不支持的内容类型',
  HOST_NOT_ALLOWED: () => '服务器不接受这个主机名，请把它加入配置的 allowedHosts',
  IDEMPOTENCY_KEY_REUSED: () => '同一个 Idempotency-Key 用在了不同的请求上',
  TOO_MANY_REQUESTS: () => '请求过多，请稍后再试',
  HEADERS_TOO_LARGE: () => '请求头过大',
  INTERNAL: () => '服务器内部出错，请稍后再试',
  STORE_UNAVAILABLE: () => '存储暂时不可用，请稍后再试',
  STORE_FULL: () => '磁盘已满，请清理后重试',
  TOKEN_KEYS_UNAVAILABLE: () => '暂时无法读取校验会员令牌的公钥，请稍后再试',
  QUEUE_UNAVAILABLE: () => 'RocketMQ 暂时不可用，请稍后再试；若持续，请检查代理、名字服务和 Broker',
  QUEUE_REFUSED: () => 'RocketMQ 拒绝了该操作，请检查它指出的主题、消费组或限制',
  SHUTTING_DOWN: () => '服务器正在停止，请在恢复后重试',
  API_KEYS_REQUIRED: () => '绑定到本机以外的地址前必须先创建 API 密钥',
  PORT_IN_USE: ({ port }) => `端口 ${shown(port)} 已被占用，请停止占用它的程序，或用 --port 换一个`,
  DATA_FOLDER_LOCKED: () => '数据目录正被另一个进程使用',
  DATA_FOLDER_UNUSABLE: () => '数据目录不可用，请检查路径和权限',
  DATA_FOLDER_MOVED: ({ to }) => `数据目录正在迁入或已迁入 ${shown(to)}，请在那里继续；如何撤销见 docs/CLUSTER.md`,
  DATABASE_NOT_EMPTY: ({ tables }) => `目标数据库不是空的（${shown(tables)}），请换一个空库`,
  MOVE_UNFINISHED: () => '有数据目录正在迁入该数据库，尚未完成，请再次运行 fanfare move',
  BOOKS_DIFFER: ({ differences }) => `账目核算发现 ${shown(differences)} 处差异，迁移没有继续，请用 fanfare audit 查看`,
  STORE_TOO_NEW: () => '数据目录由更新的版本写入，请升级程序',
  STORE_CORRUPT: () => '数据文件已损坏，请从备份恢复',
};

/** Codes that have a Chinese sentence. */
export const CHINESE_CODES: readonly string[] = Object.keys(CHINESE);
