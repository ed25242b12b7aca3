// Headless Chromium out of the npm registry: the binary is in a package, and nothing is downloaded.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'

/**
 * Made for machines that run one page and end: these would take away what a page is kept from, which is part of what is
 * looked at, and end the browser with its first page.
 */
const loosened = ['--disable-web-security', '--allow-running-insecure-content', '--single-process', '--no-zygote']

export async function startBrowser(): Promise<Browser> {
  const args = chromium.args.filter((arg) => !loosened.includes(arg))
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true })
}

/** app-page.html, from an origin of its own. */
export async function appOrigin(): Promise<{ origin: string; close(): void }> {
  const html = readFileSync(join(import.meta.dirname, 'app-page.html'))
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://localhost:${port}`, close: () => server.close() }
}

/** Calls a function of app-page.html. By its text: what runs in a page is no code of ours to Node. */
export const inPage = <Result>(page: Page, name: 'watch' | 'show' | 'upload', ...given: unknown[]): Promise<Result> =>
  page.evaluate(`${name}(...${JSON.stringify(given)})`) as Promise<Result>
