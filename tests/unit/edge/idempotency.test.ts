import { expect, test } from 'vitest'
import { canonicalJson } from '../../../workers/edge/canonical.ts'
import { claimFor, derivedKeyLivesMs, givenKey, givenKeyLivesMs, parseStructuredString } from '../../../workers/edge/idempotency.ts'
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
  [{ 'x-idempotency-key': '' }, 'x-idempotency-key'],
  [{ 'x-idempotency-key': 'k'.repeat(256) }, 'x-idempotency-key'],
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

test('nothing is derived for PUT and PATCH, nor where the workspace turned it off', () => {
  expect(claimFor({ ...call, method: 'PUT' }, null, true)).toBeUndefined()
  expect(claimFor({ ...call, method: 'PATCH' }, null, true)).toBeUndefined()
  expect(claimFor(call, null, false)).toBeUndefined()
})

test('canonical JSON sorts at every level and keeps own __proto__ members', () => {
  expect(canonicalJson({ b: { d: 1, c: [{ z: 1, y: null }] }, a: 'é' })).toBe('{"a":"é","b":{"c":[{"y":null,"z":1}],"d":1}}')
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
})
