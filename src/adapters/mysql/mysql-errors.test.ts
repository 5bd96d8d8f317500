import { describe, expect, it } from 'vitest';
import { isConnectionLost, isRefusal } from './mysql-errors.js';

const fault = (about: object): Error => Object.assign(new Error('at COMMIT'), about);

describe('what becomes of a transaction when its COMMIT fails', () => {
  it.each([
    ['a deadlock', { errno: 1213, code: 'ER_LOCK_DEADLOCK' }, true, false],
    ['a full disk', { errno: 1021, code: 'ER_DISK_FULL' }, true, false],
    ['a session that was killed', { errno: 1927, fatal: true }, false, true],
    ['a server that became read-only', { errno: 1290 }, false, true],
    ['a reset', { errno: -104, code: 'ECONNRESET', fatal: true }, false, true],
    ['no answer in time', { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true }, false, true],
    ['a write after the end', { code: 'ERR_STREAM_WRITE_AFTER_END', fatal: true }, false, true],
    ['a fault of TLS', { code: 'ERR_SSL_WRONG_VERSION_NUMBER', fatal: true }, false, true],
    ['packets out of order', { code: 'PROTOCOL_PACKETS_OUT_OF_ORDER', fatal: true }, false, true],
    ['what nobody has thought of', {}, false, false],
  ])('%s', (_, about, saysNo, isLost) => {
    expect([isRefusal(fault(about)), isConnectionLost(fault(about))]).toEqual([saysNo, isLost]);
  });
});
