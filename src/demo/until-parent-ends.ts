/**
 * Runs the program that its arguments name, in this process, until standard input ends: whoever started it has gone
 * then, and it is asked to stop as by SIGTERM. What keeps a child from outliving a parent that was killed.
 */
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';

const [file = '', ...args] = process.argv.slice(2);
process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGTERM'));
if (process.stdin instanceof Socket) process.stdin.unref(); // a program that is through ends, parent or not
process.argv = [process.execPath, file, ...args];
await import(pathToFileURL(file).href);
