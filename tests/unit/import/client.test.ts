// The client against a server that misbehaves in every way it must bear.

import { afterEach, describe, expect, it } from 'vitest'
import { apiClient, type ClientOptions, expectStatus, Refused, retryAfterMs, Unavailable } from '../../../scripts/import/client.ts'
import { type Answer, clock, type LocalServer, serve, tokenUntil } from './local-server.ts'

let server: LocalServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** Answers from the list in turn, the last one for ever. */
async function clientOf(answers: Answer[], options: ClientOptions = {}) {
  let next = 0
  const started = await serve(() => answers[Math.min(next++, answers.length - 1)] as Answer)
  server = started
  const time = clock()
  let minted = 0
  const api = { baseUrl: started.baseUrl, token: async () => tokenUntil(time.now() + 3_600_000, `token${++minted}`) }
  const client = apiClient(api, { now: time.now, sleep: time.sleep, random: () => 1, ...options })
  return { client, time, asked: started.asked, minted: () => minted }
}

const ok: Answer = { status: 200, body: { fine: true } }

describe('apiClient', () => {
  it('sends JSON with a token and a key, and answers what came', async () => {
    const { client, asked } = await clientOf([{ status: 201, body: { id: 'é' } }], { newKey: () => 'key-1' })
    const reply = await client.send('app', 'POST', '/app/v1/things', { name: '😀' })
    expect(reply).toMatchObject({ status: 201, body: { id: 'é' } })
    expect(asked).toMatchObject([{ method: 'POST', path: '/app/v1/things', key: 'key-1', body: { name: '😀' } }])
    expect(asked[0]?.authorization).toMatch(/^Bearer token1\./)
  })

  it('waits as long as a 429 and a 503 ask, with one key throughout', async () => {
    const { client, time, asked } = await clientOf([
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': '2' } },
      ok,
    ])
    expect((await client.send('app', 'POST', '/x', {})).status).toBe(200)
    expect(time.slept).toEqual([7_000, 2_000])
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1)
  })

  it('does not hammer a server that asks for no wait at all', async () => {
    const { client, time } = await clientOf([
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 503, headers: { 'retry-after': '0' } },
      ok,
    ])
    await client.send('app', 'GET', '/x')
    expect(time.slept).toEqual([100, 200])
  })

  it('holds all its requests back while one was told to wait', async () => {
    const time = clock()
    const allowedAtMs = time.now() + 5_000
    const early: number[] = []
    server = await serve(() => {
      if (time.now() >= allowedAtMs) return ok
      early.push(time.now())
      return { status: 429, headers: { 'retry-after': '5' } }
    })
    const client = apiClient(
      { baseUrl: server.baseUrl, token: async () => tokenUntil(time.now() + 3_600_000) },
      { now: time.now, sleep: time.sleep, random: () => 1 },
    )
    await client.send('app', 'GET', '/first')
    await Promise.all([client.send('app', 'GET', '/second'), client.send('app', 'GET', '/third')])
    expect(early).toHaveLength(1)
  })

  it('repeats what was cut off, with jitter that grows to a bound', async () => {
    const { client, time } = await clientOf([...Array.from({ length: 8 }, (): Answer => 'drop'), ok])
    expect((await client.send('app', 'GET', '/x')).status).toBe(200)
    expect(time.slept).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
  })

  it('finds a server again that was not there', async () => {
    const time = clock()
    let restarted = false
    const gone = await serve(() => ok)
    const port = new URL(gone.baseUrl).port
    await gone.close()
    const client = apiClient(
      { baseUrl: gone.baseUrl, token: async () => tokenUntil(time.now() + 3_600_000) },
      {
        now: time.now,
        random: () => 1,
        sleep: time.sleep,
        fetch: async (...request) => {
          if (time.slept.length === 3 && !restarted) {
            restarted = true
            server = await serve(() => ok)
          }
          const [url, init] = request as [URL, RequestInit]
          return fetch(restarted ? url.href.replace(`:${port}/`, `:${new URL((server as LocalServer).baseUrl).port}/`) : url, init)
        },
      },
    )
    expect((await client.send('app', 'GET', '/x')).status).toBe(200)
    expect(time.slept).toHaveLength(3)
  })

  it('gives up when its patience ends, and says why', async () => {
    const { client, time } = await clientOf([{ status: 503, body: { code: 'record/unavailable', detail: 'both regions are away' } }], {
      patienceMs: 20_000,
    })
    const startedAtMs = time.now()
    await expect(client.send('app', 'POST', '/x', {})).rejects.toThrow(/both regions are away/)
    await expect(client.send('app', 'POST', '/x', {})).rejects.toBeInstanceOf(Unavailable)
    expect(time.now() - startedAtMs).toBeLessThanOrEqual(40_000)
  })

  it('answers a 500 that stays, instead of repeating a bug for ever', async () => {
    const { client, asked } = await clientOf([{ status: 500, body: { code: 'server/internal_error' } }])
    expect((await client.send('app', 'GET', '/x')).status).toBe(500)
    expect(asked.length).toBe(7)
  })

  it('mints a new token before the old one ends, and once when it is refused', async () => {
    const { client, time, minted } = await clientOf([ok, ok, ok, { status: 401 }, ok, { status: 401 }, { status: 401 }])
    await client.send('app', 'GET', '/1')
    await client.send('app', 'GET', '/2')
    expect(minted()).toBe(1)
    await time.sleep(3_600_000 - 59_000)
    await client.send('app', 'GET', '/3')
    expect(minted()).toBe(2)
    expect((await client.send('app', 'GET', '/4')).status).toBe(200)
    expect(minted()).toBe(3)
    expect((await client.send('app', 'GET', '/5')).status).toBe(401)
  })

  it('throws when no token can be had at all, and waits when one cannot be had any more', async () => {
    const time = clock()
    const started = await serve(() => ok)
    server = started
    let minted = 0
    const token = async () => {
      minted += 1
      if (minted === 2 || minted === 3) throw new Error('connection refused')
      return tokenUntil(time.now() + 3_600_000)
    }
    const options = { now: time.now, sleep: time.sleep, random: () => 1 }
    const client = apiClient({ baseUrl: started.baseUrl, token }, options)
    await client.send('app', 'GET', '/1')
    expect((await client.send('dashboard', 'GET', '/2')).status).toBe(200)
    expect(time.slept).toEqual([100, 200])
    const refused = async () => Promise.reject(new Error('Not a user id'))
    await expect(apiClient({ baseUrl: started.baseUrl, token: refused }, options).send('app', 'GET', '/')).rejects.toThrow('Not a user id')
  })

  it('shows a problem with its pointers', async () => {
    const { client } = await clientOf([
      { status: 400, body: { code: 'validation/invalid_input', detail: 'No.', errors: [{ pointer: '/name', detail: 'Required.' }] } },
    ])
    const reply = await client.send('app', 'POST', '/x', {})
    expect(() => expectStatus(reply, 'create a thing', 201)).toThrow(
      new Refused('create a thing: 400 · validation/invalid_input · No. · /name Required.', reply),
    )
  })
})

describe('retryAfterMs', () => {
  it('reads seconds and dates, and nothing else', () => {
    const nowMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
    expect(retryAfterMs('120', nowMs)).toBe(120_000)
    expect(retryAfterMs('Wed, 21 Oct 2026 07:28:30 GMT', nowMs)).toBe(30_000)
    expect(retryAfterMs('Wed, 21 Oct 2026 07:27:30 GMT', nowMs)).toBe(0)
    expect(retryAfterMs('soon', nowMs)).toBeNull()
    expect(retryAfterMs(null, nowMs)).toBeNull()
  })
})
