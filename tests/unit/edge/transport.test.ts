// What the transport promises on every route: cross-origin requests by workspace, OPTIONS, the deadline, the fields that keep
// a browser from taking data for a page.

import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { ok } from '../../../domain/result.ts'
import { deadlineMs } from '../../../workers/edge/deadline.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { access, parts, sign } from './world.ts'

afterEach(() => void vi.useRealTimers())

function world(over: Partial<EdgeParts> = {}) {
  const all = { ...parts(), ...over }
  const edge = createEdge(all)
  const reached = vi.fn()
  const app = new Hono()
  edge.route(app, { api: 'app', action: 'read', method: 'GET', path: '/things', operationId: 'list' }, async () => {
    reached('list')
    return ok({ status: 200, body: {} })
  })
  edge.route(app, { api: 'app', action: 'write', method: 'POST', path: '/things', operationId: 'create', body: z.object({}) }, async () => {
    reached('create')
    return ok({ status: 201, body: {} })
  })
  edge.route(app, { api: 'app', action: 'read', method: 'GET', path: '/never', operationId: 'never' }, () => new Promise(() => {}))
  const auth = new Hono()
  const form = z.object({ grant: z.string() })
  edge.open(
    auth,
    { api: 'oauth2', method: 'POST', path: '/token', operationId: 'token', accepts: 'form', body: form, limitedBy: 'token' },
    async (call) => {
      reached(call.body)
      return ok({ status: 200, body: {} })
    },
  )
  edge.open(auth, { api: 'oauth2', method: 'GET', path: '/keys', operationId: 'keys', cors: 'any' }, async () =>
    ok({ status: 200, body: {} }),
  )
  edge.open(auth, { api: 'oauth2', method: 'POST', path: '/named', operationId: 'named', cors: 'workspace' }, async (call) => {
    const admitted = call.admitOrigin(access)
    if (!admitted.ok) return admitted
    reached('named')
    return ok({ status: 200, body: {} })
  })
  edge.open(auth, { api: 'oauth2', method: 'GET', path: '/stream', operationId: 'stream', cors: 'none' }, async () =>
    ok({
      status: 200,
      stream: new Response('a\nb\n').body as ReadableStream<Uint8Array>,
      headers: { 'content-type': 'application/x-ndjson' },
    }),
  )
  const root = rootApp(edge)
  root.route('/app/v1', app)
  root.route('/oauth2', auth)
  const ask = async (path: string, { token = '', ...init }: RequestInit & { token?: string } = {}) => {
    const headers = new Headers(init.headers)
    if (token !== '') headers.set('authorization', `Bearer ${token}`)
    const response = await root.request(path.startsWith('http') ? path : `https://laurel.test${path}`, { ...init, headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { ask, root, reached, lines: all.lines }
}

const listed = 'https://app.example.org'
const unlisted = 'https://evil.example.org'
const allowOrigin = 'access-control-allow-origin'

describe('CORS', () => {
  test('a page of a listed origin may call, and read what concerns it', async () => {
    const answer = await world().ask('/app/v1/things', { token: await sign(), headers: { origin: listed } })
    expect([answer.status, answer.headers.get(allowOrigin), answer.headers.get('vary')]).toEqual([200, listed, 'origin'])
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test.each(['GET', 'POST'])('a %s of any other page is refused before anything is done, and not readable', async (method) => {
    const { ask, reached } = world()
    const init = { method, token: await sign(), ...(method === 'POST' && { body: '{}' }) }
    for (const origin of [
      unlisted,
      'null',
      'https://app.example.org.evil.test',
      'http://app.example.org',
      'https://app.example.org:8443',
    ]) {
      const answer = await ask('/app/v1/things', { ...init, headers: { origin, 'content-type': 'application/json' } })
      expect([answer.status, answer.headers.get(allowOrigin)]).toEqual([403, null])
      expect(JSON.parse(answer.text)).toMatchObject({
        code: 'auth/insufficient_permissions',
        type: 'urn:laurel:problem:auth:origin_not_allowed',
      })
    }
    expect(reached).not.toHaveBeenCalled()
  })

  test('no origin, and our own, are no page of another', async () => {
    const { ask } = world()
    for (const origin of [undefined, 'https://laurel.test']) {
      const answer = await ask('/app/v1/things', { token: await sign(), headers: new Headers(origin ? { origin } : {}) })
      expect([answer.status, answer.headers.get(allowOrigin)]).toEqual([200, null])
    }
  })

  test('our own is the one that is configured, whatever host a request names', async () => {
    const { ask, root } = world()
    const headers = { authorization: `Bearer ${await sign()}`, origin: 'https://rebound.test' }
    expect((await root.request('https://rebound.test/app/v1/things', { headers })).status).toBe(403)
    expect((await ask('/app/v1/things', { headers: { ...headers, host: 'rebound.test' } })).status).toBe(403)
    const challenged = await root.request('https://rebound.test/app/v1/things')
    expect(challenged.headers.get('www-authenticate')).not.toContain('rebound')
  })

  test('what is about no workspace can be read: a page sees that its token has expired', async () => {
    const { ask } = world()
    for (const [path, status] of [
      ['/app/v1/things', 401],
      ['/app/v1/nothing', 404],
    ] as const) {
      const answer = await ask(path, { headers: { origin: unlisted } })
      expect([answer.status, answer.headers.get(allowOrigin)]).toEqual([status, '*'])
    }
  })

  test('a preflight needs no token and is answered alike for all; routes that are not for pages have none', async () => {
    const { ask } = world()
    const preflight = { method: 'OPTIONS', headers: { origin: unlisted, 'access-control-request-method': 'POST' } }
    const answer = await ask('/app/v1/things', preflight)
    expect([answer.status, answer.text, answer.headers.get(allowOrigin)]).toEqual([204, '', '*'])
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS, POST')
    expect(answer.headers.get('access-control-allow-headers')).toContain('x-idempotency-key')
    expect((await ask('/oauth2/token', preflight)).headers.get(allowOrigin)).toBeNull()
    expect((await ask('/oauth2/stream', preflight)).headers.get(allowOrigin)).toBeNull()
    expect((await ask('/oauth2/named', preflight)).headers.get(allowOrigin)).toBe('*')
    expect((await ask('/app/v1/nothing', preflight)).status).toBe(404)
  })

  test('where a handler names the workspace, its list holds', async () => {
    const { ask, reached } = world()
    const refused = await ask('/oauth2/named', { method: 'POST', headers: { origin: unlisted } })
    expect([refused.status, refused.headers.get(allowOrigin)]).toEqual([403, null])
    expect(reached).not.toHaveBeenCalled()
    expect((await ask('/oauth2/named', { method: 'POST', headers: { origin: listed } })).headers.get(allowOrigin)).toBe(listed)
    expect((await ask('/oauth2/keys', { headers: { origin: unlisted } })).headers.get(allowOrigin)).toBe('*')
  })
})

test('OPTIONS by itself tells the methods', async () => {
  const answer = await world().ask('/app/v1/things', { method: 'OPTIONS' })
  expect([answer.status, answer.headers.get('allow'), answer.headers.get(allowOrigin)]).toEqual([204, 'GET, HEAD, OPTIONS, POST', null])
})

test('every answer says that it is data', async () => {
  const { ask } = world()
  for (const [path, token] of [
    ['/app/v1/things', await sign()],
    ['/app/v1/things', ''],
    ['/nowhere', ''],
  ] as const) {
    const { headers } = await ask(path, { token })
    expect(
      Object.fromEntries(
        ['x-content-type-options', 'content-security-policy', 'referrer-policy', 'cache-control'].map((name) => [name, headers.get(name)]),
      ),
    ).toEqual({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
  }
})

test('over plain http nothing is said of transport security', async () => {
  const { ask } = world()
  for (const path of ['/app/v1/things', '/nowhere']) {
    const { headers } = await ask(`http://laurel.test${path}`)
    expect([headers.get('strict-transport-security'), headers.get('x-content-type-options')]).toEqual([null, 'nosniff'])
  }
})

test('after 29 seconds a request is answered, whatever it waits for', async () => {
  vi.useFakeTimers()
  const { ask, lines } = world()
  let answer: Awaited<ReturnType<typeof ask>> | undefined
  const asked = ask('/app/v1/never', { token: await sign() }).then((given) => (answer = given))
  await vi.advanceTimersByTimeAsync(deadlineMs - 1)
  expect(answer).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  await asked
  expect([answer?.status, answer?.headers.get('retry-after')]).toEqual([504, '1'])
  expect(JSON.parse(answer?.text ?? '')).toMatchObject({ status: 504, code: 'server/external_service_error' })
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ status: 504, route: '/app/v1/never' })
  expect(vi.getTimerCount()).toBe(0)
})

test('after 29 seconds of a body that does not end it is a 408, and nothing is done with what comes later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { ask, reached } = world()
  const cancelled = vi.fn()
  const waiting = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({ pull: () => waiting.resolve(), cancel: cancelled }, { highWaterMark: 0 })
  const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit
  const asked = ask('/app/v1/things', { ...init, token: await sign() })
  await waiting.promise
  await vi.advanceTimersByTimeAsync(deadlineMs)
  const answer = await asked
  expect(JSON.parse(answer.text)).toMatchObject({ status: 408, type: 'urn:laurel:problem:request:too_slow' })
  expect(answer.status).toBe(408)
  expect(cancelled).toHaveBeenCalledOnce()
  expect(reached).not.toHaveBeenCalled()
})

test('no timer outlives its request', async () => {
  vi.useFakeTimers()
  await world().ask('/app/v1/things', { token: await sign() })
  expect(vi.getTimerCount()).toBe(0)
})

describe('forms', () => {
  const post = (body: string, type = 'application/x-www-form-urlencoded') => ({ method: 'POST', body, headers: { 'content-type': type } })

  test('are objects of strings', async () => {
    const { ask, reached } = world()
    expect((await ask('/oauth2/token', post('grant=a%20b&empty='))).status).toBe(200)
    expect(reached).toHaveBeenCalledWith({ grant: 'a b' })
  })

  test('a parameter twice, another type and what is no UTF-8 are refused', async () => {
    const { ask, reached } = world()
    expect((await ask('/oauth2/token', post('grant=a&grant=b'))).status).toBe(400)
    expect((await ask('/oauth2/token', post('{}', 'application/json'))).status).toBe(415)
    expect((await ask('/oauth2/token', { ...post(''), body: new Uint8Array([0x67, 0xff]) })).status).toBe(400)
    expect(reached).not.toHaveBeenCalled()
  })
})

test('who comes too often from one address is told before the body is read', async () => {
  const counted: string[] = []
  const token = async (address: string) => {
    counted.push(address)
    return false
  }
  const { ask, reached } = world({ addressLimits: { 'sign-in': async () => true, token, transform: async () => true } })
  const headers = { 'cf-connecting-ip': '192.0.2.1' }
  const answer = await ask('/oauth2/token', { method: 'POST', body: 'not read', headers })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60'])
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'rate_limit/exceeded', 'violated-policies': ['address'] })
  expect([counted, reached.mock.calls]).toEqual([['192.0.2.1'], []])
})

test('a stream is passed on as it comes', async () => {
  const answer = await world().ask('/oauth2/stream')
  expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'application/x-ndjson', 'a\nb\n'])
})
