/** The reference page at `/`, opened by a real browser under the policy that the server sends with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findChromium, NO_BROWSER, openBrowser } from '../support/browser.js';
import { ServerProcess } from '../support/server-process.js';

const chromium = findChromium();
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Runs in the page before anything of the page does. */
const COLLECT_VIOLATIONS = `
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    window.violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile);
  });`;

describe.skipIf(chromium === undefined)(`the reference page${chromium === undefined ? ` (${NO_BROWSER})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-page-'));
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    server = await ServerProcess.start(join(folder, 'data'));
    browser = await openBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every operation and runs a GET, with nothing loaded from elsewhere and nothing against its policy', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
    const seen = watch(page);
    await page.addInitScript({ content: COLLECT_VIOLATIONS });
    await page.goto(`${server.url}/`);
    await page.locator('.opblock-tag-section').first().waitFor();

    const documented = documentSchema.parse(await (await fetch(`${server.url}/v1/openapi.json`)).json()).paths;
    const operations = Object.values(documented).flatMap((methods) => Object.keys(methods));
    expect(operations.length).toBeGreaterThan(50);
    await expect.poll(() => page.locator('.opblock').count()).toBe(operations.length);

    const listPromotions = page.locator('.opblock-get', { has: page.locator('[data-path="/v1/promotions"]') });
    await listPromotions.locator('.opblock-summary').click();
    await listPromotions.locator('button.execute').click();
    const answer = listPromotions.locator('.live-responses-table .response').first();
    await answer.locator('.response-col_status').first().waitFor();
    expect(await answer.locator('.response-col_status').first().innerText()).toContain('200');
    expect(await answer.locator('.highlight-code, .microlight').first().innerText()).toContain('"items": []');

    const screenshot = process.env['FANFARE_SCREENSHOT'];
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
    expect(await page.evaluate('window.violations')).toEqual([]);
    expect(seen.complaints).toEqual([]);
    expect(seen.hosts).toEqual(new Set([new URL(server.url).host]));
    await page.close();
  });

  it('runs no script that a name in an answer could smuggle in', async () => {
    const name = '<img src=x onerror="window.smuggled = true">{{constructor}}';
    await fetch(`${server.url}/v1/members/smuggler`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const page = await browser.newPage();
    await page.addInitScript({ content: COLLECT_VIOLATIONS });
    for (const path of ['/v1/members/smuggler', `/unsubscribe?token=${encodeURIComponent(name)}&lang=en`]) {
      await page.goto(server.url + path);
      expect(await page.evaluate('[window.smuggled ?? false, document.querySelectorAll("img").length]'), path).toEqual([
        false,
        0,
      ]);
      expect(await page.evaluate('window.violations'), path).toEqual([]);
    }
    await page.close();
  });
});

/** What a page asks for and complains of. */
function watch(page: Page): { readonly hosts: Set<string>; readonly complaints: string[] } {
  const hosts = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:') hosts.add(url.host);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return { hosts, complaints };
}
