// Refresh tokens: ours are told from others, the next is always the same, and nothing of them can be changed.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refreshTokens } from '../../../workers/sign-in/refresh-token.ts'

const tokens = refreshTokens({ key: 'a key that is long enough', randomBytes })
const session = { workspaceId: 'workspace1', userId: 'git/Ada.L@example|1', sessionId: 'V1StGXR8_Z5jdHi6B-myT' }

describe('a token', () => {
  test('is opened by whoever made it, and says whose session it is', () => {
    const token = tokens.first(session)
    expect(tokens.open(token.text)).toEqual(token)
    expect(token).toMatchObject(session)
    expect(token.text).not.toContain(session.userId)
  })

  test('is 256 random bits: no two are alike', () => {
    const made = new Set(Array.from({ length: 1000 }, () => tokens.first(session).hash))
    expect(made.size).toBe(1000)
  })

  test('is nothing to another key', () => {
    expect(refreshTokens({ key: 'another key, as long as that', randomBytes }).open(tokens.first(session).text)).toBeNull()
  })

  test('is nothing when one character of it is another, whichever', () => {
    const { text } = tokens.first(session)
    for (let at = 0; at < text.length; at++)
      for (const other of ['A', 'B', '.', '-', '=']) {
        if (text[at] === other) continue
        expect(tokens.open(text.slice(0, at) + other + text.slice(at + 1))).toBeNull()
      }
  })

  test('is nothing else that anyone sends', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => tokens.open(text) === null))
    const { text } = tokens.first(session)
    for (const more of [`${text}A`, ` ${text}`, `${text}\n`, text.slice(1), '', `${text}.${text}`]) expect(tokens.open(more)).toBeNull()
  })
})

describe('the next token', () => {
  test('is always the same for one token, and of the same session', () => {
    const token = tokens.first(session)
    expect(tokens.next(token)).toEqual(tokens.next(token))
    expect(tokens.next(token)).toMatchObject(session)
    expect(tokens.open(tokens.next(token).text)).toEqual(tokens.next(token))
  })

  test('is another with every step, and never one that was before', () => {
    const seen = new Set<string>()
    let token = tokens.first(session)
    for (let i = 0; i < 200; i++, token = tokens.next(token)) seen.add(token.hash)
    expect(seen.size).toBe(200)
  })
})
