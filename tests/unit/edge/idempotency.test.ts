import { expect, test } from 'vitest'
import { canonicalJson } from '../../../workers/edge/canonical.ts'
import {
  claimFor,
  derivedKeyLivesMs,
  givenKey,
  givenKeyLivesMs,
  isOnceClaim,
  keyLifetimesOf,
  onceClaim,
  parseStructuredString,
} from '../../../workers/edge/idempotency.ts'
import { countMissing, vectorJson } from './vectors.ts'

interface Vector {
  name: string
  raw: string[]
  header_type: string
  expected?: [string, unknown[]]
  must_fail?: boolean
}

countMissing('structured-field-tests/string.json')
const all = vectorJson<Vector[]>('structured-field-tests/string.json', [])
const vectors = all.filter(({ header_type, raw }) => header_type === 'item' && raw.length === 1)

test.each(vectors)('structured fields: $name', ({ raw, expected, must_fail }) => {
  const parsed = parseStructuredString(raw[0] as string)
  if (must_fail) expect(parsed).toBeNull()
  else expect(parsed).toBe(expected?.[0])
})

test.each([
  [{}, { ok: true, value: null }],
  [{ 'x-idempotency-key': 'a "b"' }, { ok: true, value: 'a "b"' }],
  [{ 'x-idempotency-key': 'k'.repeat(255) }, { ok: true, value: 'k'.repeat(255) }],
  [{ 'idempotency-key': `"${'k'.repeat(255)}"` }, { ok: true, value: 'k'.repeat(255) }],
  // Bytes beyond ASCII are UTF-8 where they can be, and Latin-1 where they cannot; a character counts once.
  [{ 'x-idempotency-key': 'cl\u00c3\u00a9' }, { ok: true, value: 'cl\u00e9' }],
  [{ 'x-idempotency-key': 'cl\u00e9' }, { ok: true, value: 'cl\u00e9' }],
  [{ 'x-idempotency-key': '\u00f0\u009f\u0098\u0080'.repeat(255) }, { ok: true, value: '\u{1f600}'.repeat(255) }],
  [{ 'idempotency-key': '"a"' }, { ok: true, value: 'a' }],
  [
    { 'idempotency-key': '"a"', 'x-idempotency-key': 'a' },
    { ok: true, value: 'a' },
  ],
])('keys %j', (headers, result) => expect(givenKey(new Headers(headers as Record<string, string>))).toEqual(result))

test.each([
  [{ 'idempotency-key': 'a' }, 'Idempotency-Key'],
  [{ 'idempotency-key': '""' }, 'Idempotency-Key'],
  [{ 'idempotency-key': '"a"', 'x-idempotency-key': 'b' }, 'Idempotency-Key'],
  [{ 'idempotency-key': '"cl\u00e9"' }, 'Idempotency-Key'],
  [{ 'idempotency-key': `"${'k'.repeat(256)}"` }, 'Idempotency-Key'],
  [{ 'idempotency-key': '"a", "b"' }, 'Idempotency-Key'],
  [{ 'idempotency-key': '' }, 'Idempotency-Key'],
  [{ 'x-idempotency-key': '' }, 'x-idempotency-key'],
  [{ 'x-idempotency-key': ' \t' }, 'x-idempotency-key'],
  [{ 'idempotency-key': '"a"', 'x-idempotency-key': '' }, 'x-idempotency-key'],
  [{ 'x-idempotency-key': 'k'.repeat(256) }, 'x-idempotency-key'],
  [{ 'x-idempotency-key': '\u00c3\u00a9'.repeat(256) }, 'x-idempotency-key'],
])('refused keys %j', (headers, parameter) =>
  expect(givenKey(new Headers(headers as Record<string, string>))).toMatchObject({ ok: false, error: { errors: [{ parameter }] } }),
)

const call = {
  method: 'POST',
  route: '/app/v1/x/:id',
  target: '/app/v1/x/1',
  subject: 's',
  userId: 'u',
  body: { a: 1, b: [2] },
  nowMs: 1000,
}

test('the same key is another key for another caller, user, method or route', () => {
  const variants = [call, { ...call, subject: 't' }, { ...call, userId: 'v' }, { ...call, method: 'PUT' }, { ...call, route: '/app/v1/y' }]
  expect(new Set(variants.map((one) => claimFor(one, 'k', true)?.key)).size).toBe(variants.length)
})

test('the fingerprint holds body and target, whatever the order of members', () => {
  const print = (over: object) => claimFor({ ...call, ...over }, 'k', true)?.fingerprint
  expect(print({ body: { b: [2], a: 1 } })).toBe(print({}))
  expect(print({ body: { b: [2], a: 2 } })).not.toBe(print({}))
  expect(print({ target: '/app/v1/x/2' })).not.toBe(print({}))
})

test('keys live a day when given and five minutes when derived', () => {
  expect(claimFor(call, 'k', true)?.expiresAtMs).toBe(1000 + givenKeyLivesMs)
  expect(claimFor(call, null, true)).toMatchObject({ expiresAtMs: 1000 + derivedKeyLivesMs, derived: true })
})

test('or as long as the workspace says, each kind for itself', () => {
  const lives = (settings?: { givenSeconds?: number; derivedSeconds?: number }) => {
    const lifetimes = keyLifetimesOf(settings)
    return [claimFor(call, 'k', true, lifetimes), claimFor(call, null, true, lifetimes)].map(
      (claim) => (claim?.expiresAtMs ?? 0) - call.nowMs,
    )
  }
  expect(lives()).toEqual([givenKeyLivesMs, derivedKeyLivesMs])
  expect(lives({ givenSeconds: 3600 })).toEqual([3_600_000, derivedKeyLivesMs])
  expect(lives({ derivedSeconds: 1 })).toEqual([givenKeyLivesMs, 1000])
  expect(lives({ givenSeconds: 60, derivedSeconds: 90 })).toEqual([60_000, 90_000])
})

test('a key is the same key however long it is kept', () => {
  const claim = (givenSeconds: number) => claimFor(call, 'k', true, keyLifetimesOf({ givenSeconds }))
  expect({ ...claim(1), expiresAtMs: 0 }).toEqual({ ...claim(2), expiresAtMs: 0 })
})

test('the claim of a single call is no other call\u2019s, keeps no refusal, and no client can name it', () => {
  const [one, other] = [onceClaim('a', 1000), onceClaim('b', 1000)]
  expect(one.key).not.toBe(other.key)
  expect(one).toMatchObject({ derived: true })
  expect([one, claimFor(call, one.key, true), claimFor(call, null, true), undefined].map(isOnceClaim)).toEqual([true, false, false, false])
})

test('nothing is derived for PUT and PATCH, nor where the workspace turned it off', () => {
  expect(claimFor({ ...call, method: 'PUT' }, null, true)).toBeUndefined()
  expect(claimFor({ ...call, method: 'PATCH' }, null, true)).toBeUndefined()
  expect(claimFor(call, null, false)).toBeUndefined()
})

test('canonical JSON sorts at every level and keeps own __proto__ members', () => {
  expect(canonicalJson({ b: { d: 1, c: [{ z: 1, y: null }] }, a: 'é' })).toBe('{"a":"é","b":{"c":[{"y":null,"z":1}],"d":1}}')
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
})
