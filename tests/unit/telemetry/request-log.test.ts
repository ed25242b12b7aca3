import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  describeError,
  eventLogLine,
  outcomeOf,
  type RequestFacts,
  requestLogLine,
  withoutAddresses,
} from '../../../domain/telemetry/request-log.ts'

const facts: RequestFacts = {
  requestId: 'request-1',
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  atMs: 0,
  method: 'POST',
  route: '/app/v1/activity-logs',
  status: 201,
  operationId: 'createActivityLog',
  workspaceId: 'workspace0',
  subject: 'machine',
  userId: 'ada',
  policies: ['app-write'],
  country: 'FI',
  durationMs: 9,
  authMs: 1,
  policyMs: 0,
  limitMs: 1,
  handlerMs: 7,
  durability: 'record',
  replayed: true,
}

test('a request leaves one line with what it came to', () => {
  const { atMs: _, ...written } = facts
  expect(JSON.parse(requestLogLine(facts))).toEqual({
    kind: 'request',
    level: 'info',
    at: '1970-01-01T00:00:00.000Z',
    outcome: 'ok',
    ...written,
  })
})

test('what is not known is left out, and so is what no field is for', () => {
  const bare = { requestId: 'r', atMs: 0, method: 'GET', route: '(none)', status: 404, durationMs: 1, policies: [] }
  const line = requestLogLine({ ...bare, headers: { authorization: 'SECRET' }, body: 'SECRET', target: '/x?q=SECRET' } as RequestFacts)
  expect(Object.keys(JSON.parse(line)).sort()).toEqual([
    'at',
    'durationMs',
    'kind',
    'level',
    'method',
    'outcome',
    'requestId',
    'route',
    'status',
  ])
  expect(line).not.toContain('SECRET')
})

test('people whose ids are addresses are not named', () => {
  const line = requestLogLine({ ...facts, subject: 'ada@example.org', userId: 'idp|ada@example.org' })
  expect(JSON.parse(line)).toMatchObject({ subject: '[address]', userId: '[address]' })
})

test.each([
  [200, 'ok', 'info'],
  [304, 'ok', 'info'],
  [404, 'refused', 'info'],
  [429, 'limited', 'warn'],
  [500, 'failed', 'error'],
  [503, 'failed', 'error'],
] as const)('%d is %s', (status, outcome, level) => {
  expect(outcomeOf(status)).toBe(outcome)
  expect(JSON.parse(requestLogLine({ ...facts, status }))).toMatchObject({ outcome, level })
})

test('an event says which trace it belongs to', () => {
  const line = eventLogLine({ atMs: 0, event: 'outbox/consumed', traceId: 'a'.repeat(32), count: 2 })
  expect(JSON.parse(line)).toEqual({
    kind: 'event',
    level: 'info',
    at: '1970-01-01T00:00:00.000Z',
    event: 'outbox/consumed',
    traceId: 'a'.repeat(32),
    count: 2,
  })
})

describe('what was thrown', () => {
  const said = (message: string) => describeError(new Error(message))

  test('is told without tokens, addresses and bound values', () => {
    expect(said('no eyJhbGciOi.eyJzdWIi.sig for <ada@example.org>\nparams: ada,secret')).toBe('Error: no [token] for <[address]>')
    expect(describeError('text')).toBe('thrown string')
  })

  // With a look at every pair of places these would take minutes.
  test.each([
    ['one word', 'a'.repeat(3_000_000)],
    ['beginnings of tokens', 'eyJaaaaa'.repeat(400_000)],
    ['blanks', ' '.repeat(3_000_000)],
    ['signs', '@'.repeat(3_000_000)],
  ])('is told briefly, however long: %s', (_, message) => {
    expect(said(message).length).toBeLessThanOrEqual(500)
    expect(withoutAddresses(message).length).toBeLessThanOrEqual(message.length)
  })

  test('shows no half of an address or token where it is cut', () => {
    for (let length = 1980; length < 2000; length++) {
      const filler = ' '.repeat(length - 'Error: '.length)
      expect(said(`${filler}ada.lovelace@example.org`)).not.toContain('ada')
      expect(said(`${filler}eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2ln`)).not.toContain('eyJ')
    }
  })
})

test('addresses are what they were when every place of a text was looked at', () => {
  const unit = fc.constantFrom('a', '@', '.', ' ', '<', '>', '"', '\\', ',', 'ß')
  const before = (text: string) => text.replace(/[^\s"'<>(),:;[\]\\]+@[^\s"'<>(),:;[\]\\]+/g, '[address]')
  fc.assert(fc.property(fc.string({ unit, maxLength: 30 }), (text) => withoutAddresses(text) === before(text)))
})
