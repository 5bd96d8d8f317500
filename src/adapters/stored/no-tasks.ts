import type { TaskOutbox } from '../../core/ports/task-outbox.js';

/** Where no queue hands buckets out: pushers take due rows straight from the index. */
export const NO_TASKS: TaskOutbox = { append: () => Promise.resolve() };
