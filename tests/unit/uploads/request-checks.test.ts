// What a request says of the type of the bytes it carries.

import { expect, test } from 'vitest'
import type { MediaContentType } from '../../../domain/media/content-types.ts'
import { refuseType } from '../../../workers/uploads/request-checks.ts'

const isTaken = (wanted: MediaContentType, said: string) => refuseType(new Headers({ 'content-type': said }), wanted) === null

test.each<[MediaContentType, string, boolean]>([
  ['text/plain', 'Text/Plain', true],
  ['text/plain', 'text/plain ; charset=utf-8 ', true],
  ['text/plain', 'text/plain; charset="utf 8"', true],
  ['text/plain', 'text/plain;', true],
  ['text/plain', 'text/plain; charset=utf 8', false],
  ['text/plain', 'text/plain; charset=', false],
  ['text/plain', 'text/plain; charset=a; charset=b', false],
  ['text/plain', 'text/plain; codecs=a', false],
  ['video/mp4', 'video/mp4; codecs="avc1.4d002a, mp4a.40.2"', true],
  ['image/png', 'image/png; charset=utf-8', false],
  ['image/png', 'image/jpeg', false],
])('%s said as %s', (wanted, said, taken) => {
  expect(isTaken(wanted, said)).toBe(taken)
})

test('a long run of blanks takes no longer than its length', () => {
  for (const end of ['"', '=', ';;']) expect(isTaken('text/plain', `text/plain; charset=a${' '.repeat(400_000)}${end}`)).toBe(false)
})
