// A rotation beside a platform that runs: tokens are signed with what its Worker knows, until it is started again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyringFile, localKeys, noteServedKeyring, replaceSecret, rotated, servedKeyring } from '../../../scripts/local/keys.ts'
import { readIssuing, signToken } from '../../../scripts/local/tokens.ts'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { parseKeyring } from '../../../workers/edge/auth/keyring.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'laurel-keys-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const baseUrl = 'http://localhost:8787'
const minuteMs = 60_000
const startMs = Date.parse('2026-11-21T12:00:00Z')

/** As the Worker would, which was started with this keyring. */
const verifierOf = (keyring: string, nowMs: number) =>
  tokenVerifier({
    issuers: parseIssuers('[]', 'local'),
    own: { issuer: baseUrl, keyring: parseKeyring(keyring, startMs) },
    now: () => nowMs,
    fetchJwks: async () => {
      throw new Error('keys of our own are not fetched')
    },
    refusedThumbprints: [],
  })

const tokenAt = (nowMs: number) =>
  signToken(readIssuing(dir, baseUrl, nowMs), 'ws_acme_01', { workspace: 'ws_acme_01', user: 'ada' }, nowMs)

test.each([
  ['a rotation', false],
  ['one away from a compromised key', true],
])('after %s the running platform takes the tokens that are made for it', async (_, compromised) => {
  const { keyring } = await localKeys(dir)
  noteServedKeyring(dir, keyring)
  replaceSecret(keyringFile(dir), await rotated(keyring, { nowMs: startMs, compromised }))
  for (const nowMs of [startMs, startMs + 16 * minuteMs, startMs + 300 * minuteMs])
    expect(await verifierOf(servedKeyring(dir), nowMs).verify(await tokenAt(nowMs))).toMatchObject({ ok: true })
})

test('started again it takes those of the new key, which is when they are made', async () => {
  const { keyring } = await localKeys(dir)
  noteServedKeyring(dir, keyring)
  const before = decodeProtectedHeader(await tokenAt(startMs)).kid
  replaceSecret(keyringFile(dir), await rotated(keyring, { nowMs: startMs, compromised: false }))
  const again = await localKeys(dir)
  noteServedKeyring(dir, again.keyring)
  const nowMs = startMs + 16 * minuteMs
  const token = await tokenAt(nowMs)
  expect(decodeProtectedHeader(token).kid).not.toBe(before)
  expect(await verifierOf(again.keyring, nowMs).verify(token)).toMatchObject({ ok: true })
})
