import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PageScope, pageTokens } from '../../../workers/edge/page-token.ts'

const tokens = pageTokens('a key of this test')
const scope: PageScope = { workspaceId: 'w', userId: 'u', path: '/app/v1/x', query: { order: 'asc', state: undefined } }

test('a token opens where it was sealed, whatever it holds', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => text !== '' && text.isWellFormed()),
      (after) => {
        expect(tokens.open(scope, tokens.seal(scope, after))).toEqual({ ok: true, value: after })
      },
    ),
  )
})

test.each([
  ['workspace', { workspaceId: 'x' }],
  ['user', { userId: 'v' }],
  ['no user', { userId: undefined }],
  ['path', { path: '/app/v1/y' }],
  ['query', { query: { order: 'desc' } }],
])('another %s refuses it', (_, over) => {
  const opened = tokens.open({ ...scope, ...over }, tokens.seal(scope, 'here'))
  expect(opened).toMatchObject({ ok: false, error: { code: 'validation/invalid_input', errors: [{ parameter: 'nextToken' }] } })
})

test('every single changed character refuses it', () => {
  const token = tokens.seal(scope, '{"id":"a"}')
  for (let i = 0; i < token.length; i++)
    for (const other of ['A', 'B', '_', '.', '=']) {
      const changed = token.slice(0, i) + other + token.slice(i + 1)
      if (changed !== token) expect(tokens.open(scope, changed).ok).toBe(false)
    }
})

test('another key refuses it, and so does no token at all', () => {
  expect(pageTokens('another key').open(scope, tokens.seal(scope, 'here')).ok).toBe(false)
  for (const token of ['', '.', 'a.b', 'null']) expect(tokens.open(scope, token).ok).toBe(false)
})
