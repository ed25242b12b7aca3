import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { jsonLimits, parseJson } from '../../../workers/edge/json.ts'
import { countMissing, vectorBytes, vectorNames } from './vectors.ts'

const folder = 'JSONTestSuite/test_parsing'
const files = vectorNames(folder)
const read = (name: string) => vectorBytes(`${folder}/${name}`)
const bytes = (text: string) => new TextEncoder().encode(text)

describe('JSONTestSuite', () => {
  countMissing(folder)
  test.each(files.filter((name) => name.startsWith('n_')))('%s is refused as invalid input', (name) => {
    const parsed = parseJson(read(name))
    expect(parsed).toMatchObject({ ok: false, error: { code: 'validation/invalid_input' } })
  })

  test.each(files.filter((name) => name.startsWith('y_')))('%s is accepted, unless a member comes twice', (name) => {
    const text = read(name)
    const parsed = parseJson(text)
    if (name.includes('duplicated_key')) expect(parsed.ok).toBe(false)
    else expect(parsed).toEqual({ ok: true, value: JSON.parse(text.toString('utf8')) })
  })

  test.each(files.filter((name) => name.startsWith('i_')))('%s is answered, one way or the other', (name) => {
    const parsed = parseJson(read(name))
    if (!parsed.ok) expect(parsed.error.code).toBe('validation/invalid_input')
  })
})

test('lone surrogates in escapes are accepted', () => {
  expect(parseJson(bytes('"\\ud800"'))).toEqual({ ok: true, value: '\ud800' })
})

test('invalid UTF-8 is refused, also inside a string', () => {
  expect(parseJson(new Uint8Array([0x22, 0xff, 0x22])).ok).toBe(false)
})

test('nesting is bounded', () => {
  const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth))
  expect(parseJson(nested(jsonLimits.depth)).ok).toBe(true)
  expect(parseJson(nested(jsonLimits.depth + 1)).ok).toBe(false)
})

test.each([
  ['{"a":1,"a":2}', false],
  ['{"a":1,"\\u0061":2}', false],
  ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', true],
  ['{"a":"\\"a\\":1,","b":["a","a"]}', true],
  ['[{"x":1,"y":{"z":1,"z":1}}]', false],
])('members twice: %s', (text, accepted) => expect(parseJson(bytes(text)).ok).toBe(accepted))

describe('how much it holds', () => {
  const limits = { members: 10, depth: 100 }
  const tooMany = { ok: false, error: { code: 'request/too_large' } }

  test.each([
    ['members', (n: number) => `{${Array.from({ length: n }, (_, i) => `"m${i}":"a,b[{"`).join(',')}}`],
    ['elements', (n: number) => `[${Array.from({ length: n }, () => '1').join(', ')}]`],
    // A list and what is in it are two.
    ['both, at all levels', (n: number) => `[${Array.from({ length: n / 2 }, () => '{"a":","}').join(',')}]`],
  ])('is bounded in %s, to one', (_, of) => {
    expect(parseJson(bytes(of(10)), limits)).toMatchObject({ ok: true })
    expect(parseJson(bytes(of(12)), limits)).toMatchObject(tooMany)
  })

  test('is bounded in members alone where that is said', () => {
    const few = { ...limits, names: 2 }
    expect(parseJson(bytes('{"a":[1,2,3,4,5],"b":1}'), few)).toMatchObject({ ok: true })
    expect(parseJson(bytes('{"a":1,"b":{"c":1}}'), few)).toMatchObject({ error: { detail: 'The body has more than 2 members.' } })
  })

  test('is refused before the parser sees it', () => {
    const parse = vi.spyOn(JSON, 'parse')
    expect(parseJson(bytes(`[${'{"a":1},'.repeat(666)}1]`))).toMatchObject({ ok: true })
    expect(parse).toHaveBeenCalledTimes(1)
    expect(parseJson(bytes(`{${Array.from({ length: 450_000 }, (_, i) => `"m${i}":1`).join(',')}}`))).toMatchObject(tooMany)
    expect(parse).toHaveBeenCalledTimes(1)
    parse.mockRestore()
  })
})

describe('numbers', () => {
  const asRead = (number: string) => {
    const parsed = parseJson(bytes(`{"1e400":[${number}],"b":"1e400 12345678901234567890"}`))
    return parsed.ok && (parsed.value as Record<string, number[]>)['1e400']?.[0]
  }

  test.each(['1e400', '-1e400', `1${'0'.repeat(400)}`, '1e-400', `0.${'0'.repeat(400)}1`, '9007199254740993', '-1234567890123456789'])(
    'that a double would change into another are no number any more: %s',
    (number) => expect(Math.abs(asRead(number) as number)).toBe(Number.POSITIVE_INFINITY),
  )

  test.each(['0', '-0', '0.1', '0.30000000000000004', '1.2345678901234567890', '5e-324', '1.7976931348623157e308', '0e999', '0.0e-999'])(
    'that are rounded as decimals are, or are exact, are taken: %s',
    (number) => expect(asRead(number)).toBe(Number(number)),
  )

  test.each([
    '9007199254740991',
    '9007199254740992',
    '1152921504606846976',
    '100000000000000000000',
    '1e21',
    '123456789012345680000',
    '1180591620717411300000',
  ])('that are large and exact are taken: %s', (number) => expect(asRead(number)).toBe(Number(number)))

  test.each(['01e400', '1e400x', '1e', '1.e400', '--1e400', '+1e400', '1e4001e400 1', '12345678901234567890.'])(
    'that are none are still none: %s',
    (number) => expect(parseJson(bytes(`[${number}]`))).toMatchObject({ ok: false, error: { code: 'validation/invalid_input' } }),
  )
})

test('a member that comes twice is named', () => {
  expect(parseJson(bytes('{"a":{"b":1,"\\u0062":2}}'))).toMatchObject({ error: { detail: 'The member "b" appears twice in one object.' } })
  expect(parseJson(bytes('{"__proto__":1,"__proto__":2}'))).toMatchObject({ ok: false })
  expect(parseJson(bytes('{"__proto__":{"a":1},"constructor":2}'))).toMatchObject({ ok: true })
})

test('what a serializer wrote is read as the parser reads it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue({ maxDepth: 6 }), fc.double({ min: 2 ** 53, max: 1e24 })), (value) => {
      const text = JSON.stringify(value)
      expect(parseJson(bytes(text))).toEqual({ ok: true, value: JSON.parse(text) })
    }),
  )
})
