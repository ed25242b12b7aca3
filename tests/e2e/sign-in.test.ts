// Signing in on the started platform, as a person does: ask for a code, read it (the local mailer prints it to the log),
// come in, stay in, leave. And a thousand people who were made users before they came.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workspaceIdOf } from '../../scripts/local/tokens.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspaceId = workspaceIdOf('signing-in')
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  const made = await platform.operator('PUT', `/platform/v1/workspaces/${workspaceId}`, {
    accountId: 'local00000',
    name: 'Signing in',
    slug: 'signing-in',
  })
  expect(made.status).toBe(201)
})
afterAll(() => platform?.remove())

const log = () => readFileSync(join(platform.dir, 'logs', 'worker.log'), 'utf8')

const post = (path: string, body: unknown) =>
  fetch(platform.baseUrl + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const form = (path: string, fields: Record<string, string>) =>
  fetch(platform.baseUrl + path, { method: 'POST', body: new URLSearchParams(fields) })
const refresh = (token: string) => form('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token })
const get = (path: string, token: string) => fetch(platform.baseUrl + path, { headers: { authorization: `Bearer ${token}` } })

const codeIn = (email: string): string | undefined => {
  const mail = log()
    .split('\n')
    .findLast((line) => line.startsWith(`mail to ${email}:`))
  return /\b\d{6}\b/.exec(mail ?? '')?.[0]
}

async function codeFor(email: string, more: object = {}): Promise<string> {
  expect((await post('/auth/v1/email-codes', { workspaceId, email, ...more })).status).toBe(202)
  await expect.poll(() => codeIn(email), { timeout: 10_000 }).toBeDefined()
  return codeIn(email) ?? ''
}

type Tokens = Record<'access_token' | 'refresh_token' | 'device_token', string>

async function signIn(email: string, more: object = {}): Promise<Tokens> {
  const answer = await post('/auth/v1/email-codes/verify', { workspaceId, email, code: await codeFor(email, more) })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

test('a person asks for a code, comes in, stays in and leaves', async () => {
  const tokens = await signIn('ada@example.org')
  const me = await get('/app/v1/users/me', tokens.access_token)
  expect([me.status, ((await me.json()) as { workspaceId: string }).workspaceId]).toEqual([200, workspaceId])
  const refreshed = (await (await refresh(tokens.refresh_token)).json()) as typeof tokens
  expect((await get('/app/v1/users/me', refreshed.access_token)).status).toBe(200)
  expect((await form('/oauth2/revoke', { token: refreshed.refresh_token })).status).toBe(200)
  const refused = await refresh(refreshed.refresh_token)
  expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_grant'])
  for (const secret of [tokens.refresh_token, refreshed.refresh_token, tokens.access_token, tokens.device_token])
    expect(log()).not.toContain(secret)
})

test('a thousand people of a file are there within one request, and come in as who they are', async () => {
  const put = await platform.operator('PUT', `/platform/v1/workspaces/${workspaceId}/users/head`, {
    email: 'head@example.org',
    role: 'owner',
  })
  expect(put.status).toBe(201)
  const owner = (await signIn('head@example.org', { context: 'dashboard' })).access_token
  const csv = `email,nickname,role\n${Array.from({ length: 1000 }, (_, i) => `person${i}@example.org,Person ${i},${i === 7 ? 'viewer' : ''}`).join('\n')}\n`
  const send = async (query = '') => {
    const headers = { authorization: `Bearer ${owner}`, 'content-type': 'text/csv' }
    const answer = await fetch(`${platform.baseUrl}/dashboard/v1/user-imports${query}`, { method: 'POST', headers, body: csv })
    const { items: _items, ...counts } = (await answer.json()) as Record<string, unknown>
    return { status: answer.status, ...counts }
  }
  const none = { unchanged: 0, conflict: 0, invalid: 0 }
  expect(await send('?dryRun=true')).toEqual({ status: 200, dryRun: true, create: 1000, ...none })
  expect(await send()).toEqual({ status: 200, dryRun: false, create: 1000, ...none })
  expect(await send()).toEqual({ status: 200, dryRun: false, create: 0, ...none, unchanged: 1000 })
  const tokens = await signIn('person7@example.org', { context: 'dashboard' })
  expect((await get('/dashboard/v1/users?limit=1', tokens.access_token)).status).toBe(200)
})
