import { expect, test } from 'vitest'
import { parseSecondOrigin } from '../../../../aws-core/s3/from-config.ts'

const good = { region: 'eu-central-1', bucket: 'laurel-copies' }
const parsed = (value: unknown) => parseSecondOrigin(JSON.stringify(value))
const mistakes = (value: unknown) => {
  const result = parsed(value)
  return result.ok ? [] : result.error
}

test('nothing is no second origin', () => {
  expect([parseSecondOrigin(''), parseSecondOrigin('  ')]).toEqual([
    { ok: true, value: null },
    { ok: true, value: null },
  ])
})

test.each([
  good,
  { ...good, endpoint: 'http://127.0.0.1:9000' },
  { ...good, endpoint: 'https://s3.example.org/' },
  { ...good, bucket: 'a1b' },
])('%j is one', (value) => {
  expect(parsed(value)).toEqual({ ok: true, value })
})

test.each([
  ['{', 'SECOND_ORIGIN is not JSON'],
  ['[]', 'SECOND_ORIGIN is not an object'],
  ['null', 'SECOND_ORIGIN is not an object'],
])('%s is a mistake', (text, mistake) => {
  expect(parseSecondOrigin(text)).toEqual({ ok: false, error: [mistake] })
})

test.each([
  [{ ...good, key: 'x' }, 'key is not known'],
  [{ ...good, region: 'Frankfurt' }, 'region is not'],
  [{ ...good, region: undefined }, 'region is not'],
  [{ ...good, bucket: 'with.dots' }, 'bucket is not'],
  [{ ...good, bucket: 'Upper' }, 'bucket is not'],
  [{ ...good, bucket: 'ab' }, 'bucket is not'],
  [{ ...good, bucket: '../x' }, 'bucket is not'],
  [{ ...good, endpoint: 'http://s3.example.org' }, 'endpoint is neither'],
  [{ ...good, endpoint: 'https://user:word@s3.example.org' }, 'endpoint is neither'],
  [{ ...good, endpoint: 'https://s3.example.org/path' }, 'endpoint is neither'],
  [{ ...good, endpoint: 'https://s3.example.org?x' }, 'endpoint is neither'],
  [{ ...good, endpoint: 7 }, 'endpoint is neither'],
])('%j: %s', (value, part) => {
  expect(mistakes(value)).toEqual([expect.stringContaining(`SECOND_ORIGIN.${part}`)])
})

test('all mistakes are told at once', () => {
  expect(mistakes({ more: 1, endpoint: '' })).toHaveLength(4)
})
