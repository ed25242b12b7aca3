// POST /oauth2/token where another server checks client credentials: a real oidc-provider, and a stand-in for Upstash's
// REST API.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { fetchJwksOverHttp } from '../../../workers/edge/auth/keys.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { type MachineClient, serve, startTokenServer, startUpstashStandIn, type TokenServer, type UpstashStandIn } from './servers.ts'
import { basic, oauthWorld } from './world.ts'

const byBasic: MachineClient = {
  client_id: 'backend:1',
  client_secret: 'a secret: of+the first',
  token_endpoint_auth_method: 'client_secret_basic',
  scope: 'app/read app/write',
}
const byPost: MachineClient = {
  client_id: 'backend-2',
  client_secret: 'a secret of the second',
  token_endpoint_auth_method: 'client_secret_post',
  scope: 'app/read',
}
const tenant = { workspaceId: 'workspace1', accountId: 'account001', context: 'app', platform: 'm2m', role: 'editor', token_use: 'access' }
const grant = { grant_type: 'client_credentials' }
const ttlSeconds = 1000

let server: TokenServer
let store: UpstashStandIn
beforeAll(async () => {
  server = await startTokenServer([byBasic, byPost], tenant, ttlSeconds)
  store = await startUpstashStandIn()
})
afterAll(() => Promise.all([server.close(), store.close()]))

type More = Parameters<typeof oauthWorld>[0]
const passing = (settings: NonNullable<More>['settings'] = {}, more: More = {}) =>
  oauthWorld({ clock: { nowMs: Date.now() }, ...more, settings: { passThroughUrl: `${server.url}/token`, ...settings } })
const withStore = (more: More = {}) => passing({ redisUrl: store.url, redisToken: store.token }, more)
const first = basic(byBasic.client_id, byBasic.client_secret)
const second = { client_id: byPost.client_id, client_secret: byPost.client_secret }
const asked = () => server.requests.length

describe('credentials', () => {
  test('that the other server takes get its token, which the verifier believes by its published keys', async () => {
    const { token } = passing()
    const answer = await token({ ...grant, scope: 'app/read' }, first)
    expect(answer).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: ttlSeconds, scope: 'app/read' } })
    const entry = {
      issuer: server.issuer,
      accounts: ['account001'],
      contexts: ['app'],
      audience: 'urn:laurel',
      jwksUri: `${server.url}/jwks`,
    }
    const verifier = tokenVerifier({ issuers: parseIssuers(JSON.stringify([entry]), 'local'), now: Date.now, fetchJwks: fetchJwksOverHttp })
    expect(await verifier.verify(answer.json.access_token)).toMatchObject({ ok: true, value: { ...tenant, scope: 'app/read' } })
  })

  test('go on as they came, with grant and scope and nothing else', async () => {
    const { token } = passing()
    const form = { ...grant, scope: 'app/write', context: 'app', audience: 'x' }
    expect((await token(form, first)).status).toBe(200)
    expect(server.requests.at(-1)).toEqual({ authorization: first.authorization, form: { ...grant, scope: 'app/write' } })
    expect((await token({ ...form, ...second, scope: 'app/read' })).status).toBe(200)
    expect(server.requests.at(-1)).toEqual({ authorization: undefined, form: { ...grant, ...second, scope: 'app/read' } })
  })

  test('that are wrong are refused by it, each time anew', async () => {
    const { token } = passing()
    const before = asked()
    for (let i = 0; i < 2; i++) {
      const refused = await token(grant, basic(byBasic.client_id, 'wrong'))
      expect(refused).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
      expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
    }
    expect(asked() - before).toBe(2)
  })

  test('with a scope that it does not give are its refusal, in its words and not with its headers', async () => {
    const refused = await passing().token({ ...grant, ...second, scope: 'app/write' })
    expect(refused).toMatchObject({ status: 400, json: { error: 'invalid_scope', error_description: expect.any(String) } })
    expect(refused.headers.get('cache-control')).toBe('no-store')
  })
})

describe('an isolate', () => {
  test('keeps a token for three quarters of its life, and says what is left of it', async () => {
    const clock = { nowMs: Date.now() }
    const { token } = passing({}, { clock })
    const before = asked()
    const one = await token(grant, first)
    clock.nowMs += 749_000
    const again = await token(grant, first)
    expect([again.json.access_token, again.json.expires_in, asked() - before]).toEqual([one.json.access_token, 251, 1])
    clock.nowMs += 1000
    const next = await token(grant, first)
    expect([next.json.access_token === one.json.access_token, next.json.expires_in, asked() - before]).toEqual([false, ttlSeconds, 2])
  })

  test('keeps them apart by secret, scope and client', async () => {
    const { token } = passing()
    const answers = [await token(grant, first), await token({ ...grant, scope: 'app/read' }, first), await token({ ...grant, ...second })]
    expect(new Set(answers.map(({ json }) => json.access_token)).size).toBe(3)
    expect((await token(grant, basic(byBasic.client_id, 'wrong'))).status).toBe(401)
  })
})

describe('the shared store', () => {
  test('saves the second isolate the question', async () => {
    const before = asked()
    const one = await withStore().token(grant, first)
    const two = await withStore().token(grant, first)
    expect([two.status, two.json.access_token, asked() - before]).toEqual([200, one.json.access_token, 1])
    expect(store.commands.at(-2)?.slice(3)).toEqual(['ex', expect.any(Number)])
    expect([...store.values.values()].map(({ expiresInSeconds }) => expiresInSeconds)).toEqual([750])
  })

  test('holds nothing that can be read: not the token, not the client, not its secret', async () => {
    const { json } = await withStore().token(grant, first)
    const held = JSON.stringify([...store.values], (_, value) =>
      typeof value === 'string' ? `${value} ${Buffer.from(value, 'base64').toString('latin1')}` : value,
    )
    for (const secretOfIt of [json.access_token, byBasic.client_id, byBasic.client_secret, decodeJwt(json.access_token).jti as string])
      expect(held).not.toContain(secretOfIt)
  })

  test('cannot make us serve what it was given: changed, or moved from another client, it is asked for anew', async () => {
    const fresh = { ...grant, scope: 'app/read' }
    await withStore().token(fresh, first)
    const mine = [...store.values.keys()].at(-1) as string
    await withStore().token({ ...fresh, ...second })
    const theirs = [...store.values.keys()].at(-1) as string
    expect(theirs).not.toBe(mine)
    const kept = store.values.get(mine) as { value: string; expiresInSeconds: number }
    const changed = Buffer.from(kept.value, 'base64')
    changed[20] = (changed[20] as number) ^ 1
    for (const value of [changed.toString('base64'), store.values.get(theirs)?.value as string, 'not sealed', '']) {
      store.values.set(mine, { ...kept, value })
      const before = asked()
      const { token, lines } = withStore()
      const answer = await token(fresh, first)
      expect([answer.status, asked() - before]).toEqual([200, 1])
      expect(lines.map((line) => JSON.parse(line).event).filter(Boolean)).toEqual(['oauth2/token_store_failed'])
    }
  })

  test('that fails costs nobody anything, and is reported without what was in the command', async () => {
    const down = await startUpstashStandIn()
    down.fail(500)
    for (const redisUrl of [down.url, store.url]) {
      // The second does not know this token.
      const { token, lines } = passing({ redisUrl, redisToken: 'another token' })
      const answer = await token(grant, first)
      expect(answer.status).toBe(200)
      const events = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'event')
      expect(events.map(({ event, error }) => [event, error])).toEqual(Array(2).fill(['oauth2/token_store_failed', 'UpstashError']))
      expect(lines.join()).not.toContain('laurel:token')
    }
    await down.close()
    const gone = passing({ redisUrl: down.url, redisToken: down.token })
    expect((await gone.token(grant, first)).status).toBe(200)
  })
})

describe('a server that does not answer as OAuth does', () => {
  test.each([
    ['an error of its own', 500, '{"error":"server_error"}'],
    ['a page', 200, '<html></html>'],
    ['a list', 200, '[]'],
    ['another place to ask', 302, '{}'],
    ['more than a token answer', 200, JSON.stringify({ access_token: 'x'.repeat(70_000), expires_in: 60 })],
  ])('%s is a 503', async (_, status, body) => {
    const odd = await serve((_request, response) =>
      response.writeHead(status, { location: '/elsewhere', 'content-type': 'application/json' }).end(body),
    )
    const answer = await passing({ passThroughUrl: odd.url }).token(grant, first)
    expect([answer.status, answer.json.code]).toEqual([503, 'server/external_service_error'])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await odd.close()
  })

  test('none, within five seconds, is a 503', async () => {
    const deadlines: AbortSignal[] = []
    const never = (async (_url: string, { signal }: RequestInit) => {
      deadlines.push(signal as AbortSignal)
      throw new DOMException('The operation timed out.', 'TimeoutError')
    }) as unknown as typeof fetch
    const answer = await passing({}, { fetch: never }).token(grant, first)
    expect(answer.status).toBe(503)
    expect(deadlines).toEqual([expect.any(AbortSignal)])
  })

  test('a token without a lifetime is given and not kept', async () => {
    let count = 0
    const plain = await serve((_request, response) => {
      count += 1
      response
        .writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
        .end(JSON.stringify({ access_token: `t${count}`, token_type: 'Bearer' }))
    })
    const { token } = passing({ passThroughUrl: plain.url })
    const [one, two] = [await token(grant, first), await token(grant, first)]
    expect([one.json.access_token, two.json.access_token]).toEqual(['t1', 't2'])
    expect(one.headers.get('set-cookie')).toBeNull()
    await plain.close()
  })
})
