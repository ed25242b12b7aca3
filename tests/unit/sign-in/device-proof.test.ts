// What proves that somebody has signed in from a device: only what we gave, only for whom, only as long.

import { expect, test } from 'vitest'
import { deviceProofSeconds, deviceProofs } from '../../../workers/sign-in/device-proof.ts'

const proofs = deviceProofs('a key that is long enough')
const ada = { workspaceId: 'workspace1', emailHash: 'a'.repeat(64) }
const nowMs = 1_800_000_000_500
const text = proofs.give(ada, 'V1StGXR8_Z5jdHi6B-myT', nowMs)

test('is opened by whom it was given for, until its time is over', () => {
  expect(proofs.open(text, ada, nowMs)).toBe('V1StGXR8_Z5jdHi6B-myT')
  const endMs = (Math.floor(nowMs / 1000) + deviceProofSeconds) * 1000
  expect([proofs.open(text, ada, endMs - 1), proofs.open(text, ada, endMs)]).toEqual(['V1StGXR8_Z5jdHi6B-myT', undefined])
})

test('is worth nothing for another address, in another workspace, or under another key', () => {
  expect(proofs.open(text, { ...ada, emailHash: 'b'.repeat(64) }, nowMs)).toBeUndefined()
  expect(proofs.open(text, { ...ada, workspaceId: 'workspace2' }, nowMs)).toBeUndefined()
  expect(deviceProofs('another key, as long as that').open(text, ada, nowMs)).toBeUndefined()
})

test('is none once a character of it is another', () => {
  for (let i = 0; i < text.length; i++) {
    const other = text[i] === 'B' ? 'C' : 'B'
    const changed = text.slice(0, i) + other + text.slice(i + 1)
    // Base64url of 32 bytes has spare bits at its end: another spelling of the same bytes is no other proof.
    if (i < text.length - 1) expect([i, proofs.open(changed, ada, nowMs)]).toEqual([i, undefined])
  }
  for (const made of [undefined, '', '..', text.slice(1), `${text}=`, `${text}.`, 'x'.repeat(200)])
    expect(proofs.open(made, ada, nowMs)).toBeUndefined()
})

test('names nobody, and fits into what a request may bring', () => {
  expect(text).not.toContain(ada.emailHash)
  expect(text).not.toContain(ada.workspaceId)
  expect(proofs.give(ada, 'x'.repeat(64), nowMs).length).toBeLessThanOrEqual(200)
})
