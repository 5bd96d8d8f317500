/**
 * Where the built file of a worker thread is, seen from the module that starts it. Node 20 runs no TypeScript, so a
 * module that itself runs from its source (under the test runner) gets the worker from the build folder.
 */
export function workerFile(importerUrl: string, relativePath: string): URL {
  const url = new URL(relativePath, importerUrl);
  return importerUrl.endsWith('.ts') ? new URL(url.href.replace(/^(.*)\/(src|test|bench)\//, '$1/dist/$2/')) : url;
}
