import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { statedSha256 } from '../../../workers/uploads/integrity.ts'
import { refuseCoding, refuseLength, refuseType, wantedSha256 } from '../../../workers/uploads/request-checks.ts'

const hash = createHash('sha256').update('a').digest()
const base64 = hash.toString('base64')
const base64url = hash.toString('base64url')
const other = createHash('sha256').update('b').digest()

/** Another spelling of the same bytes: the last letter has two bits too many. */
function withSpareBits(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return `${text.slice(0, -2)}${letters[letters.indexOf(text.at(-2) ?? '') | 1]}=`
}

const stated = (headers: Record<string, string>) => {
  const found = statedSha256(new Headers(headers))
  return found.ok ? found.value : found.error.errors?.[0]?.parameter
}

describe('what a request says its bytes hash to', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['nothing', {}, null],
    ['Content-Digest', { 'content-digest': `sha-256=:${base64}:` }, base64url],
    ['Content-Digest among others', { 'content-digest': `sha-512=:AAAA:, sha-256=:${base64}:, unixsum=:AA==:` }, base64url],
    ['Content-Digest with a parameter', { 'content-digest': `sha-256=:${base64}:;a=1` }, base64url],
    [
      'Content-Digest twice: the later counts',
      { 'content-digest': `sha-256=:${other.toString('base64')}:,sha-256=:${base64}:` },
      base64url,
    ],
    ['a digest of another algorithm only', { 'content-digest': 'sha-512=:AAAA:' }, null],
    ["S3's checksum", { 'x-amz-checksum-sha256': base64 }, base64url],
    ['both alike', { 'content-digest': `sha-256=:${base64}:`, 'x-amz-checksum-sha256': base64 }, base64url],
  ])('%s', (_, headers, expected) => {
    expect(stated(headers)).toBe(expected)
  })

  test.each<[string, Record<string, string>, string]>([
    ['without colons', { 'content-digest': `sha-256=${base64}` }, 'Content-Digest'],
    ['in hex', { 'content-digest': `sha-256=:${hash.toString('hex')}:` }, 'Content-Digest'],
    ['in base64url', { 'content-digest': 'sha-256=:-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=:' }, 'Content-Digest'],
    ['too short', { 'content-digest': 'sha-256=:AAAA:' }, 'Content-Digest'],
    ['empty', { 'content-digest': '' }, 'Content-Digest'],
    ['not canonical', { 'content-digest': `sha-256=:${withSpareBits(base64)}:` }, 'Content-Digest'],
    ['no base64', { 'x-amz-checksum-sha256': '!' }, 'x-amz-checksum-sha256'],
    ['in hex', { 'x-amz-checksum-sha256': hash.toString('hex') }, 'x-amz-checksum-sha256'],
    [
      'two that differ',
      { 'content-digest': `sha-256=:${base64}:`, 'x-amz-checksum-sha256': other.toString('base64') },
      'x-amz-checksum-sha256',
    ],
  ])('%s is a mistake', (_, headers, parameter) => {
    expect(stated(headers)).toBe(parameter)
  })

  test('must be what was granted', () => {
    const headers = new Headers({ 'content-digest': `sha-256=:${base64}:` })
    expect(wantedSha256(headers, base64url)).toEqual({ ok: true, value: base64url })
    expect(wantedSha256(headers)).toEqual({ ok: true, value: base64url })
    expect(wantedSha256(new Headers(), base64url)).toEqual({ ok: true, value: base64url })
    expect(wantedSha256(headers, other.toString('base64url'))).toMatchObject({ ok: false, error: { errors: [{ parameter: 'sha256' }] } })
  })
})

describe('the declared type', () => {
  const isTaken = (field: string | null, wanted: Parameters<typeof refuseType>[1]) =>
    refuseType(new Headers(field === null ? {} : { 'content-type': field }), wanted) === null

  test.each([
    ['image/png', 'image/png'],
    ['IMAGE/PNG', 'image/png'],
    ['image/png;', 'image/png'],
    ['text/plain; charset=utf-8', 'text/plain'],
    ['text/csv;charset="UTF-8"', 'text/csv'],
    ['application/json; charset=utf-8', 'application/json'],
    ['image/svg+xml; charset=utf-8', 'image/svg+xml'],
    ['video/mp4; codecs="avc1.42E01E, mp4a.40.2"', 'video/mp4'],
    ['audio/ogg; codecs=opus', 'audio/ogg'],
  ] as const)('%s is %s', (field, wanted) => {
    expect(isTaken(field, wanted)).toBe(true)
  })

  test.each([
    [null, 'image/png'],
    ['', 'image/png'],
    ['image/jpeg', 'image/png'],
    ['image/png, image/jpeg', 'image/png'],
    ['image/png; charset=utf-8', 'image/png'],
    ['text/plain; boundary=x', 'text/plain'],
    ['text/plain; charset=a; charset=b', 'text/plain'],
    ['text/html', 'text/plain'],
    ['multipart/form-data; boundary=x', 'image/png'],
    ['video/mp4; charset=utf-8', 'video/mp4'],
  ] as const)('%s is not %s', (field, wanted) => {
    expect(isTaken(field, wanted)).toBe(false)
  })

  test('bytes come as they are', () => {
    expect(
      [undefined, 'identity', 'Identity'].map((coding) => refuseCoding(new Headers(coding ? { 'content-encoding': coding } : {}))),
    ).toEqual([null, null, null])
    expect(refuseCoding(new Headers({ 'content-encoding': 'gzip' }))?.code).toBe('request/unsupported_media_type')
  })
})

test('a declared length is the one that was granted', () => {
  const refused = (length?: string) => refuseLength(new Headers(length === undefined ? {} : { 'content-length': length }), 10)?.code
  expect([refused(), refused('10'), refused('9'), refused('11'), refused('0')]).toEqual([
    undefined,
    undefined,
    'validation/invalid_input',
    'request/too_large',
    'validation/invalid_input',
  ])
})
