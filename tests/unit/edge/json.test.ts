import { describe, expect, test } from 'vitest'
import { depthLimit, parseJson } from '../../../workers/edge/json.ts'
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
  expect(parseJson(nested(depthLimit)).ok).toBe(true)
  expect(parseJson(nested(depthLimit + 1)).ok).toBe(false)
})

test.each([
  ['{"a":1,"a":2}', false],
  ['{"a":1,"\\u0061":2}', false],
  ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', true],
  ['{"a":"\\"a\\":1,","b":["a","a"]}', true],
  ['[{"x":1,"y":{"z":1,"z":1}}]', false],
])('members twice: %s', (text, accepted) => expect(parseJson(bytes(text)).ok).toBe(accepted))
