// Keys that an issuer publishes: when they are asked for, how often, and what holds while they cannot be read.

import { setImmediate } from 'node:timers/promises'
import type { JWK } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { fetchJwksOverHttp } from '../../../workers/edge/auth/keys.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { accountId, issuer, jwks, nowMs, sign } from './world.ts'

const invalid = { ok: false, error: { code: 'auth/invalid_token' } }
const remote = JSON.stringify([{ issuer, accounts: [accountId], contexts: ['app'], jwksUri: 'https://issuer.test/jwks' }])
const all = jwks.keys as JWK[]

type Given = JWK[] | Error | Promise<JWK[]>

function world(answers: Given[]) {
  const clock = { nowMs }
  let fetches = 0
  const fetchJwks = async () => {
    const answer = answers[Math.min(fetches++, answers.length - 1)] as Given
    // A fetch is never answered in the same turn.
    await setImmediate()
    if (answer instanceof Error) throw answer
    return answer
  }
  // Whoever waits looks again once everything that could happen has happened.
  const sleep = async () => void (await setImmediate())
  const verifier = tokenVerifier({ issuers: parseIssuers(remote), now: () => clock.nowMs, fetchJwks, sleep })
  return { clock, fetches: () => fetches, verifier }
}

const madeUp = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => sign({ jti: `${i}` }, { kid: `made up ${i}` })))

test('are fetched once, and for an unknown kid again, at most every 30 s', async () => {
  const { clock, fetches, verifier } = world([[all[1] as JWK], all])
  const token = await sign()
  expect(await verifier.verify(token)).toMatchObject(invalid)
  clock.nowMs += 29_999
  expect(await verifier.verify(token)).toMatchObject(invalid)
  expect(fetches()).toBe(1)
  clock.nowMs += 1
  expect(await verifier.verify(token)).toMatchObject({ ok: true })
  expect(fetches()).toBe(2)
})

test('that cannot be read are a 503, and are asked for again after a second', async () => {
  const { clock, fetches, verifier } = world([new Error('down'), all])
  const unavailable = { ok: false, error: { code: 'record/unavailable' } }
  expect(await verifier.verify(await sign())).toMatchObject(unavailable)
  expect(await verifier.verify(await sign())).toMatchObject(unavailable)
  expect(fetches()).toBe(1)
  clock.nowMs += 1000
  expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
})

test('serve on while their issuer is down', async () => {
  const { clock, verifier } = world([all, new Error('down')])
  expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
  clock.nowMs += 11 * 60_000
  expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
})

test('are read again after ten minutes, by one of those who ask', async () => {
  const { clock, fetches, verifier } = world([all])
  expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
  clock.nowMs += 10 * 60_000 + 1
  const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => sign({ jti: `${i}` })))
  const results = await Promise.all(tokens.map((token) => verifier.verify(token)))
  expect(results.every(({ ok }) => ok)).toBe(true)
  expect(fetches()).toBe(2)
})

describe('a flood of 1,000 kids that nobody has', () => {
  test('one after another costs the issuer one request in 30 s', async () => {
    const { clock, fetches, verifier } = world([all])
    const flood = await madeUp(1000)
    const seen: number[] = []
    for (const round of [1, 2, 3]) {
      for (const token of flood) expect(await verifier.verify(token)).toMatchObject(invalid)
      seen.push(fetches())
      clock.nowMs += 30_000
      expect(round).toBe(seen.length)
    }
    // Cold, the keys that were just read are not read again.
    expect(seen).toEqual([1, 2, 3])
  })

  test('at once, with the keys known: one request', async () => {
    const { clock, fetches, verifier } = world([all])
    expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
    clock.nowMs += 30_000
    const results = await Promise.all((await madeUp(1000)).map((token) => verifier.verify(token)))
    for (const result of results) expect(result).toMatchObject(invalid)
    expect(fetches()).toBe(2)
  })

  test('at once, on a cold isolate: one request, and good tokens among them pass', async () => {
    const { fetches, verifier } = world([all])
    const tokens = [...(await madeUp(1000)), await sign()]
    const results = await Promise.all(tokens.map((token) => verifier.verify(token)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect(results.at(-1)).toMatchObject({ ok: true })
    expect(fetches()).toBe(1)
  })

  test('at once, on a cold isolate whose issuer is down: one request in a second', async () => {
    const { fetches, verifier } = world([new Error('down')])
    const results = await Promise.all((await madeUp(1000)).map((token) => verifier.verify(token)))
    for (const result of results) expect(result).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
    expect(fetches()).toBe(1)
  })
})

test('a new key that another request is fetching is waited for', async () => {
  const { clock, fetches, verifier } = world([[all[1] as JWK], all])
  await verifier.verify(await sign())
  clock.nowMs += 30_000
  const results = await Promise.all([verifier.verify(await sign({ jti: 'a' })), verifier.verify(await sign({ jti: 'b' }))])
  expect(results.map(({ ok }) => ok)).toEqual([true, true])
  expect(fetches()).toBe(2)
})

test('a fetch that was ended with its request holds nobody up for longer than it may take', async () => {
  const never = new Promise<JWK[]>(() => {})
  const { clock, fetches, verifier } = world([never, all])
  void verifier.verify(await sign())
  await setImmediate()
  clock.nowMs += 3500
  expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
  expect(fetches()).toBe(2)
})

describe('a set with odd entries', () => {
  const odd = [
    null,
    1,
    'RSA',
    [],
    [{ kty: 'RSA' }],
    {},
    { kty: 5 },
    { kid: 'rsa' },
    { kty: 'RSA', kid: 'odd', e: 5, n: {} },
    { kty: 'RSA', e: null },
  ]

  test('is read for its keys, and serves the tokens of its issuer', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys: [...odd, ...all] }))
    try {
      const read = await fetchJwksOverHttp('https://issuer.test/jwks')
      expect(read.slice(-2)).toEqual(all)
      expect(read.every((key) => typeof key.kty === 'string')).toBe(true)
      const { verifier } = world([read])
      expect(await verifier.verify(await sign())).toMatchObject({ ok: true })
      expect(await verifier.verify(await sign({}, { kid: 'odd' }))).toMatchObject(invalid)
    } finally {
      fetched.mockRestore()
    }
  })

  test('a key that is no key of its type is not looked at for a token that names another', async () => {
    const trap = { kty: 'RSA', kid: 'trap' } as JWK
    Object.defineProperty(trap, 'e', {
      get: () => {
        throw new Error('looked at')
      },
    })
    expect(await world([[trap, ...all]]).verifier.verify(await sign())).toMatchObject({ ok: true })
  })

  test.each(['{}', '{"keys":{}}', '{"keys":null}'])('%s is no set', async (text) => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(text))
    await expect(fetchJwksOverHttp('https://issuer.test/jwks')).rejects.toThrow('no keys')
    fetched.mockRestore()
  })
})
