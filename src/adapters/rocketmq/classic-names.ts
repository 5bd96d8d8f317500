/**
 * Names that people of the classic design know, for what has one. Its fan-out topics are per job, ours per channel and
 * class: the job's name says the class and the channel follows.
 */
export const CLASSIC_TOPICS: Readonly<Record<string, string>> = {
  'promotion.created': 'SALES_PROMOTION_CREATED_EVENT_TOPIC',
  'user.loggedIn': 'USER_LOGINED_EVENT_TOPIC',
  'order.cancelled': 'OrderCanceledEvent',
};

export const CLASSIC_TASKS: Readonly<Record<string, string>> = {
  bulk: 'PLATFORM_PROMOTION_SEND_USER_BUCKET_TOPIC',
  scheduled: 'PLATFORM_HOT_PRODUCT_USER_BUCKET_SEND_TOPIC',
  reminder: 'one-coupon_engine-service_coupon-remind_topic',
};

/** A group is called like what it reads. */
export const CLASSIC_GROUP_SUFFIX = '_CONSUMER_GROUP';
