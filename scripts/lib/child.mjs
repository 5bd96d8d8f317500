import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { ROOT } from './paths.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * Runs a program to its end and answers `{ code, output }`; `output` is the tail of what it wrote when `isQuiet`,
 * else it writes to our own streams. Signals go on to it: a terminal's Ctrl-C reaches it anyway, so that is not
 * sent twice. Rejects only when the program cannot be started.
 */
export function runChild(command, args, { isQuiet = false, cwd = ROOT, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = isQuiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio, shell: process.platform === 'win32' && command === 'npm' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-MAX_KEPT_BYTES)));
    }
    let stoppedBy;
    const forward = (signal) => {
      stoppedBy = signal;
      if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const settle = (answer) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      answer();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (code, signal) => settle(() => resolve({ code: exitCode(code, stoppedBy ?? signal), output })));
  });
}

// A program that ends itself with an ordinary failure after our signal was stopped all the same.
const exitCode = (code, signal) => (code === 0 || signal == null ? code : 128 + constants.signals[signal]);

/** Exit codes of a program that was stopped by a person or by the system, not by what it found. */
export const isStopped = (code) => code === 129 || code === 130 || code === 143;
