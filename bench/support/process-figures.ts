/** CPU and memory of a process of ours, as the kernel counts them (Linux: /proc). */
import { readFileSync } from 'node:fs';

/** Of the clock that /proc counts CPU in; fixed on Linux for programs. */
const TICKS_PER_SECOND = 100;

/** User and system time of all its threads so far. */
export function cpuSecondsOf(pid: number): number {
  // Fields follow the name, which stands in parentheses and may hold anything; utime and stime are fields 14 and 15.
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/);
  const values = fields.split(' ');
  return (Number(values[11]) + Number(values[12])) / TICKS_PER_SECOND;
}

/** Resident memory: now, or the most it has ever had. */
export function memoryMiBOf(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
}

/** Looks at something over and over until it is stopped; answers all it has seen. */
export function sampleEvery<Value>(everyMs: number, read: () => Value): { readonly stop: () => readonly Value[] } {
  const values = [read()];
  const timer = setInterval(() => values.push(read()), everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return values;
    },
  };
}
