/**
 * Messages as the commit log holds them, which is how a pull brings them: big-endian fields one after another
 * (org.apache.rocketmq.common.message.MessageDecoder names them), hosts of 4 or 16 bytes by two bits of `sysFlag`.
 */
import { unzipSync } from 'node:zlib';
import { epochMs, type EpochMs } from '../../../core/time.js';

export interface StoredMessage {
  readonly queueOffset: number;
  readonly storedAt: EpochMs;
  readonly bornAt: EpochMs;
  /** Deliveries before it came here. */
  readonly reconsumeTimes: number;
  readonly topic: string;
  readonly body: string;
  readonly properties: Readonly<Partial<Record<string, string>>>;
}

const MAGIC_V2 = 0xda_a3_20_a8 >>> 0;
const COMPRESSED = 0x1;
const BORN_HOST_V6 = 0x10;
const STORE_HOST_V6 = 0x20;
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

export function decodeStoredMessages(bytes: Buffer): readonly StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let start = 0; start + 4 <= bytes.length;) {
    const length = bytes.readInt32BE(start);
    if (length <= 0 || start + length > bytes.length) break;
    messages.push(decodeOne(bytes.subarray(start, start + length)));
    start += length;
  }
  return messages;
}

function decodeOne(bytes: Buffer): StoredMessage {
  const magic = bytes.readUInt32BE(4);
  const queueOffset = Number(bytes.readBigInt64BE(20));
  const sysFlag = bytes.readInt32BE(36);
  const bornAt = epochMs(Number(bytes.readBigInt64BE(40)));
  let at = 48 + hostBytes(sysFlag, BORN_HOST_V6);
  const storedAt = epochMs(Number(bytes.readBigInt64BE(at)));
  at += 8 + hostBytes(sysFlag, STORE_HOST_V6);
  const reconsumeTimes = bytes.readInt32BE(at);
  at += 12; // and the offset of a transaction
  const bodyLength = bytes.readInt32BE(at);
  const body = bytes.subarray(at + 4, at + 4 + bodyLength);
  at += 4 + bodyLength;
  const isLong = magic === MAGIC_V2; // its topic's length takes two bytes
  const topicLength = isLong ? bytes.readUInt16BE(at) : bytes.readUInt8(at);
  at += isLong ? 2 : 1;
  const topic = bytes.subarray(at, at + topicLength).toString();
  at += topicLength;
  const properties = bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)).toString();
  return {
    queueOffset,
    storedAt,
    bornAt,
    reconsumeTimes,
    topic,
    body: unpack(body, sysFlag).toString(),
    properties: readProperties(properties),
  };
}

/** Address and port. */
const hostBytes = (sysFlag: number, flag: number): number => ((sysFlag & flag) === 0 ? 8 : 20);

const unpack = (body: Buffer, sysFlag: number): Buffer =>
  (sysFlag & COMPRESSED) === 0 ? body : unzipSync(body, { maxOutputLength: MAX_UNPACKED_BYTES });

/** `name 1 value 2 name 1 value 2`, where 1 and 2 are these control characters. */
function readProperties(text: string): Partial<Record<string, string>> {
  const pairs = text.split('\u0002').map((pair) => pair.split('\u0001'));
  return Object.fromEntries(pairs.filter(([name]) => name !== '').map(([name = '', value = '']) => [name, value]));
}
