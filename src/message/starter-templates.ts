import type { Channel } from '../core/channels.js';
import type { MessageTemplate } from '../core/ports/provider.js';

/** A message to begin with; every field has a value in any campaign that carries a promotion, or a fallback. */
export interface StarterTemplate {
  readonly id: string;
  readonly channel: Channel;
  readonly language: 'zh-CN' | 'en';
  /** What people pick it by, in its own language. */
  readonly label: string;
  readonly message: MessageTemplate;
}

export const STARTER_TEMPLATES: readonly StarterTemplate[] = [
  {
    id: 'promotion-inbox-zh-CN',
    channel: 'inbox',
    language: 'zh-CN',
    label: '促销活动通知（站内信）',
    message: { title: '{{promotion.name}}', body: '您已获得活动资格，可以打开APP进入活动页面' },
  },
  {
    id: 'promotion-inbox-en',
    channel: 'inbox',
    language: 'en',
    label: 'Promotion announcement (inbox)',
    message: {
      title: '{{promotion.name}}',
      body: 'Hello {{member.name|there}}, {{promotion.name}} is on. Open the app to see the offer.',
    },
  },
  {
    id: 'promotion-sms-zh-CN',
    channel: 'sms',
    language: 'zh-CN',
    label: '促销活动通知（短信）',
    message: {
      body: '{{member.name|亲爱的会员}}，{{promotion.name}}开始了，您已获得活动资格，可以打开APP进入活动页面。拒收请回复R',
    },
  },
  {
    id: 'promotion-sms-en',
    channel: 'sms',
    language: 'en',
    label: 'Promotion announcement (SMS)',
    message: {
      body: 'Hi {{member.name|there}}, {{promotion.name}} is on. Open the app to see the offer. Reply STOP to opt out.',
    },
  },
  {
    id: 'promotion-email-zh-CN',
    channel: 'email',
    language: 'zh-CN',
    label: '促销活动通知（邮件）',
    message: {
      subject: '{{promotion.name}}，{{member.name|亲爱的会员}}专享',
      body:
        '{{member.name|亲爱的会员}}，您好：\n\n{{promotion.name}}已经开始，您已获得活动资格，可以打开APP进入活动页面。\n\n' +
        '您目前的积分：{{member.points|0}}。\n活动截止时间：{{promotion.endsAt}}。',
    },
  },
  {
    id: 'promotion-email-en',
    channel: 'email',
    language: 'en',
    label: 'Promotion announcement (e-mail)',
    message: {
      subject: '{{promotion.name}}, for {{member.name|you}}',
      body:
        'Hello {{member.name|there}},\n\n{{promotion.name}} is on. Open the app to see the offer.\n\n' +
        'Your points today: {{member.points|0}}.\nThe promotion ends at {{promotion.endsAt}}.',
    },
  },
  {
    id: 'promotion-app-zh-CN',
    channel: 'app',
    language: 'zh-CN',
    label: '促销活动通知（APP推送）',
    message: { title: '{{promotion.name}}', body: '您已获得活动资格，可以打开APP进入活动页面' },
  },
  {
    id: 'promotion-app-en',
    channel: 'app',
    language: 'en',
    label: 'Promotion announcement (app push)',
    message: { title: '{{promotion.name}}', body: '{{member.name|Hello}}, the offer is open. Tap to see it.' },
  },
];
