import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';

it('writes the bytes that Node encodes, whatever the pieces', () => {
  const writer = new ByteWriter(1);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => {
      writer.clear();
      for (const [index, piece] of pieces.entries()) {
        if (index % 2 === 0) writer.writeText(piece);
        else writer.writeBytes(Buffer.from(piece));
      }
      expect(writer.toBuffer()).toEqual(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
    }),
  );
});
