import { connect } from 'node:http2';

const PATH = '/apache.rocketmq.v2.MessagingService/QueryRoute';
const ASK_MS = 3_000;
const OK = 20_000;

/** Whether the proxy knows a route to the topic. One gRPC call by hand: five fields do not need a library. */
export function hasRoute(port, topic) {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const settle = (answer) => {
      clearTimeout(late);
      session.destroy();
      resolve(answer);
    };
    const late = setTimeout(() => settle(false), ASK_MS);
    session.on('error', () => settle(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-mq-client-id': `start@${process.pid}`,
      'x-mq-language': 'NODE_JS',
      'x-mq-protocol': 'v2',
    });
    const chunks = [];
    stream.on('error', () => settle(false));
    stream.on('data', (bytes) => chunks.push(bytes));
    stream.on('end', () => settle(codeOf(Buffer.concat(chunks)) === OK));
    stream.end(frame(routeQuestion(port, topic)));
  });
}

/** QueryRouteRequest { Resource topic = 1 { string name = 2 }, Endpoints endpoints = 2 { scheme = 1, addresses = 2 } } */
function routeQuestion(port, topic) {
  const address = Buffer.concat([bytesField(1, Buffer.from('127.0.0.1')), numberField(2, port)]);
  const endpoints = Buffer.concat([numberField(1, 1), bytesField(2, address)]);
  return Buffer.concat([bytesField(1, bytesField(2, Buffer.from(topic))), bytesField(2, endpoints)]);
}

/** QueryRouteResponse { Status status = 1 { Code code = 1 } }: the code, or undefined where the answer holds none. */
function codeOf(answer) {
  const status = answer.subarray(5); // after the frame's flag and length
  if (status[0] !== 0x0a) return undefined;
  const inside = status.subarray(2);
  return inside[0] === 0x08 ? readVarint(inside.subarray(1)) : undefined;
}

function frame(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const bytesField = (field, bytes) => Buffer.concat([Buffer.from([(field << 3) | 2]), varint(bytes.length), bytes]);
const numberField = (field, value) => Buffer.concat([Buffer.from([field << 3]), varint(value)]);

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

function readVarint(bytes) {
  let value = 0;
  for (let index = 0, shift = 0; index < bytes.length; index++, shift += 7) {
    value |= (bytes[index] & 127) << shift;
    if (bytes[index] < 128) return value;
  }
  return undefined;
}
