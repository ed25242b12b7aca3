// RFC 9110, section 5.6.7: the three formats and nothing else.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../../../r2/http-date.ts'

const nowMs = Date.UTC(2026, 10, 26, 12)
const example = Date.UTC(1994, 10, 6, 8, 49, 37)
const read = (text: string, at = nowMs) => parseHttpDate(text, at)

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', example],
  ['Sunday, 06-Nov-94 08:49:37 GMT', example],
  ['Sun Nov  6 08:49:37 1994', example],
  ['Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
])('%s', (text, ms) => {
  expect(read(text)).toBe(ms)
})

describe('a leap second', () => {
  test('is the last second of a day', () => {
    expect(read('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1))
  })

  test.each(['Sat, 31 Dec 2016 23:58:60 GMT', 'Sat, 31 Dec 2016 12:59:60 GMT', 'Sat, 31 Dec 2016 23:59:61 GMT'])('and not %s', (text) => {
    expect(read(text)).toBeNull()
  })
})

describe('two digits of a year are the most recent that is not more than 50 years ahead', () => {
  test.each([
    ['Thursday, 26-Nov-26 12:00:00 GMT', 2026],
    ['Thursday, 26-Nov-76 11:59:59 GMT', 2076],
    ['Friday, 26-Nov-76 12:00:01 GMT', 1976],
    ['Saturday, 26-Nov-77 00:00:00 GMT', 1977],
    ['Sunday, 26-Nov-00 00:00:00 GMT', 2000],
  ])('%s is of %i', (text, year) => {
    expect(new Date(read(text) ?? 0).getUTCFullYear()).toBe(year)
  })

  test('also where the century is about to end', () => {
    expect(read('Friday, 01-Jan-99 00:00:00 GMT', Date.UTC(2040, 5))).toBe(Date.UTC(1999, 0, 1))
    expect(read('Thursday, 01-Jan-99 00:00:00 GMT', Date.UTC(2099, 5))).toBe(Date.UTC(2099, 0, 1))
  })
})

test.each([
  '',
  ' ',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Nov 1994 08:49:37 +0000',
  'Sun, 06 Nov 1994 08:49:37 gmt',
  'sun, 06 nov 1994 08:49:37 GMT',
  'SUN, 06 NOV 1994 08:49:37 GMT',
  'Sun,06 Nov 1994 08:49:37 GMT',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06  Nov 1994 08:49:37 GMT',
  ' Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 GMT ',
  'Sun, 06 Nov 1994 08:49:37 GMT\n',
  'Sun, 06 Nov 94 08:49:37 GMT',
  'Sun, 06 Nov 1994 8:49:37 GMT',
  'Sun, 06 Nov 1994 08:49 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 00 Nov 1994 08:49:37 GMT',
  'Thu, 31 Nov 1994 08:49:37 GMT',
  'Wed, 29 Feb 2023 00:00:00 GMT',
  'Mon, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 November 1994 08:49:37 GMT',
  'Sunday, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-1994 08:49:37 GMT',
  'Sun, 06-Nov-94 08:49:37 GMT',
  'Monday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov 6 08:49:37 1994',
  'Sun Nov 06 08:49:37 94',
  'Sun Nov  6 08:49:37 1994 GMT',
  'Mon Nov  6 08:49:37 1994',
  '784111777',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, ٠٦ Nov 1994 08:49:37 GMT',
])('%j is none', (text) => {
  expect(read(text)).toBeNull()
})

test('what is written is read again, to the second', () => {
  const instants = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000)
  fc.assert(fc.property(instants, fc.integer({ min: 0, max: 999 }), (ms, rest) => read(formatHttpDate(ms + rest)) === ms))
})
