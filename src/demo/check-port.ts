import { createServer, type AddressInfo } from 'node:net';
import { DemoFailure } from './demo-failure.js';
import { FOLDER_TEXT } from './text/folder-text.js';

/**
 * Looks whether the server will be able to listen, before anything heavy is begun; answers the port, a free one for 0.
 * @throws DemoFailure when another program has the port, or we may not have it.
 */
export async function checkPort(port: number): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        new DemoFailure(isTaken ? FOLDER_TEXT.portInUse(port) : FOLDER_TEXT.portNotAllowed(port, error.code ?? '?')),
      );
    });
    probe.listen(port, '127.0.0.1', resolve);
  });
  const { port: given } = probe.address() as AddressInfo; // a listening TCP server has one
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return given;
}
