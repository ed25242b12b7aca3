// A signed URL is good for what it says, in the one spelling that it was given in.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UploadGrant } from '../../../domain/media/grant.ts'
import { boxFor, sealFor } from '../../../workers/edge/seal.ts'
import { uploadGrants } from '../../../workers/uploads/grants.ts'

const key = 'a key that is long enough'
const grants = uploadGrants(key)
const grant: UploadGrant = {
  uploadId: 'upload',
  workspaceId: 'workspace1',
  accountId: 'account001',
  mediaId: 'media',
  originalFileName: 'Größe – 大きさ.txt',
  contentType: 'text/plain',
  fileType: 'document',
  scope: 'workspace',
  visibility: 'private',
  size: 3,
  expiresAtMs: 1,
  by: { subject: 'somebody', platform: 'web', userId: 'user', context: 'dashboard', role: 'editor', scopes: [] },
}
const sealed = grants.seal(grant)
const isRefused = (text: string) => expect(grants.open(text)).toMatchObject({ ok: false, error: { code: 'auth/invalid_token' } })

test('says what was granted, in a segment of a path', () => {
  expect(grants.open(sealed)).toEqual({ ok: true, value: grant })
  expect(sealed).toMatch(/^[\w-]+$/)
})

test('tells nobody whose it is, nor what', () => {
  const read = Buffer.from(sealed, 'base64url').toString('latin1') + sealed
  for (const told of ['workspace1', 'account001', 'somebody', 'user', 'text/plain', 'media']) expect(read).not.toContain(told)
})

test('the longest that can be asked for still fits into a URL', () => {
  const longest = grants.seal({ ...grant, originalFileName: '語'.repeat(255), mediaId: 'm'.repeat(64), sha256: 'a'.repeat(43) })
  expect(longest.length).toBeLessThan(4096)
  expect(grants.open(longest).ok).toBe(true)
})

describe('is not good', () => {
  test.each([
    ['empty', ''],
    ['a point', '.'],
    ['without its end', sealed.slice(0, -4)],
    ['without its beginning', sealed.slice(4)],
    ['no longer than what is not in it', sealed.slice(0, 38)],
    ['with another behind it', `${sealed}${sealed}`],
    ['with padding', `${sealed}=`],
    ['with a zero byte', `${sealed}\0`],
    ['with a line behind it', `${sealed}\n`],
    ['of nothing', 'A'.repeat(sealed.length)],
    [
      'as it was when it could be read',
      `${Buffer.from(JSON.stringify(grant)).toString('base64url')}.${sealFor(key, 'upload/1').sign([1])}`,
    ],
    ['under another key', uploadGrants('another key, as long').seal(grant)],
    ['sealed for another purpose', boxFor(key, 'media-link/2').seal(grant)],
    ['bound to something', boxFor(key, 'upload/2').seal(grant, ['x'])],
    ['longer than any of ours', boxFor(key, 'upload/2').seal({ ...grant, originalFileName: 'a'.repeat(4000) })],
  ])('%s', (_, text) => isRefused(text))

  test('with any character changed', () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'AB0_-.='), (at, character) => {
        fc.pre(sealed[at] !== character)
        isRefused(sealed.slice(0, at) + character + sealed.slice(at + 1))
      }),
    )
  })

  test('with the spare bits of its last character set', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = letters.indexOf(sealed.at(-1) ?? '')
    const bits = { 0: 0, 2: 4, 3: 2 }[sealed.length % 4] ?? 0
    for (let spare = 1; spare < 2 ** bits; spare++) isRefused(sealed.slice(0, -1) + letters[last ^ spare])
  })
})
