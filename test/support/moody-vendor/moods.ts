import type { VendorFault } from './vendor-script.js';

const ACCEPT: VendorFault = { kind: 'accept' };

/** What each path was told to do with its next requests. */
export class Moods {
  private readonly scripts = new Map<string, { fault: VendorFault; left: number; latencyMs: number }>();

  set(path: string, script: { fault: VendorFault; requests: number | null; latencyMs: number }): void {
    const { fault, requests, latencyMs } = script;
    this.scripts.set(path, { fault, left: requests ?? Infinity, latencyMs });
  }

  /** The fate of the next request on a path. */
  next(path: string): { readonly fault: VendorFault; readonly latencyMs: number } {
    const script = this.scripts.get(path);
    if (script === undefined) return { fault: ACCEPT, latencyMs: 0 };
    const { latencyMs } = script;
    if (script.left <= 0) return { fault: ACCEPT, latencyMs };
    script.left--;
    return { fault: script.fault, latencyMs };
  }

  /** The fate of a connection that nobody has said anything over yet: the first script that speaks of greetings. */
  nextGreeting(): Extract<VendorFault, { readonly kind: 'smtp' }> | undefined {
    for (const script of this.scripts.values()) {
      if (script.fault.kind !== 'smtp' || script.fault.stage !== 'greeting' || script.left <= 0) continue;
      script.left--;
      return script.fault;
    }
    return undefined;
  }
}
