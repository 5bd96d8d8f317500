/** Safe integers as seven bytes, most significant first. */
export const PACKED_INTEGER_BYTES = 7;
const HIGH_UNIT = 2 ** 32;

export function writePackedInteger(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUIntBE(Math.floor(value / HIGH_UNIT), offset, 3);
  bytes.writeUInt32BE(value % HIGH_UNIT, offset + 3);
}

/** Undefined when the bytes hold more than a safe integer. */
export function readPackedInteger(bytes: Buffer, offset: number): number | undefined {
  const value = bytes.readUIntBE(offset, 3) * HIGH_UNIT + bytes.readUInt32BE(offset + 3);
  return Number.isSafeInteger(value) ? value : undefined;
}
