// What may stand in the question for an upload URL: checksums in three spellings, names in any script.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { originalFileName } from '../../../domain/media/file-name.ts'
import { sha256In } from '../../../domain/media/sha256.ts'

describe('a checksum', () => {
  // Digests that between them have every character that the alphabets differ in.
  const digests = ['', 'a', 'b', 'laurel', ...Array.from({ length: 50 }, (_, i) => String(i))].map((text) =>
    createHash('sha256').update(text).digest(),
  )

  test('is the same in hex, base64 and base64url', () => {
    for (const digest of digests) {
      const wanted = digest.toString('base64url')
      const spellings = [digest.toString('hex'), digest.toString('hex').toUpperCase(), digest.toString('base64'), wanted, `${wanted}=`]
      expect(spellings.map(sha256In)).toEqual(spellings.map(() => wanted))
    }
    expect(digests.map((digest) => digest.toString('base64')).join('')).toMatch(/\+.*\/|\/.*\+/)
  })

  test('is none in any other spelling', () => {
    const digest = createHash('sha256').update('a').digest()
    const url = digest.toString('base64url')
    const last = url.at(-1) ?? ''
    // Spare bits set: another spelling of the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const loose = url.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
    const wrong = ['', 'x', url.slice(1), `${url}==`, `${url}A`, loose, ` ${url.slice(1)}`, digest.toString('hex').slice(1), 'g'.repeat(64)]
    expect(wrong.map(sha256In)).toEqual(wrong.map(() => null))
    expect(sha256In(`${'+'.repeat(21)}${'_'.repeat(21)}A`)).toBeNull()
  })
})

describe('a file name', () => {
  test.each(['a', 'photo.jpg', '夕日 – ñandú.png', 'سلام‌ها.pdf', '👩‍👩‍👧.gif', 'x'.repeat(255), '...', 'a"b;c.txt', '%2F.txt'])(
    'may be %s',
    (name) => {
      expect(originalFileName.safeParse(name)).toEqual({ success: true, data: name })
    },
  )

  test.each(['', '.', '..', 'a/b', 'a\\b', '../x', 'a\u0000b', 'a\nb', 'a\r', '\u007f', 'a\u0085b', 'a\ud800', 'x'.repeat(256)])(
    'may not be %j',
    (name) => {
      expect(originalFileName.safeParse(name).success).toBe(false)
    },
  )
})
