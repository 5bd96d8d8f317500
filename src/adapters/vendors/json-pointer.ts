/** Compiles a JSON pointer (RFC 6901) into a look-up; undefined where nothing is. The pointer was checked before. */
export function compilePointer(pointer: string): (document: unknown) => unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (document) => {
    let node = document;
    for (const step of steps) {
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
      node = (node as Readonly<Record<string, unknown>>)[step]; // an object or array that owns the step
    }
    return node;
  };
}
