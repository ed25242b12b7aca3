// What a record takes from a commit, what it is called, and what it must never hold.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditColumnsOf } from '../../../domain/audit/query.ts'
import { auditRecordOf, listedLimitBytes, listedRecord } from '../../../domain/audit/record.ts'
import { auditPlaceOf, auditRecordIdOf, userCommandPlace } from '../../../domain/audit/record-id.ts'
import { redacted, redactedMark } from '../../../domain/audit/redact.ts'
import { failure } from '../../../domain/failures.ts'
import type { Trail } from '../../../domain/identity.ts'
import { digestOf } from '../../../domain/log/fold.ts'
import type { Commit, LogRef } from '../../../domain/log/types.ts'
import { userCommandEventId } from '../../../domain/workspace/user-command.ts'
import { trail } from './workspace-log.ts'

const userLog: LogRef = { workspaceId: 'workspace1', kind: 'player', entityId: 'ada' }
const commit = (by: Partial<Trail>, more: Partial<Commit> = {}): Commit => ({
  incarnation: 2,
  sequence: 7,
  previousIncarnation: 1,
  decidedAtMs: 1_000,
  command: { kind: 'user.update', patch: { nickname: 'New' } },
  trail: { ...trail, ...by },
  ruleSet: 1,
  effects: { profile: { userId: 'ada', nickname: 'New' } },
  answer: { status: 200, body: { answer: 'is not told' } },
  ...more,
})
const record = (by: Partial<Trail>, more?: Partial<Commit>) => auditRecordOf(commit(by, more), userLog, [{ nickname: 'Old' }])

describe('a record', () => {
  test('says who, from where, by which policies, and what', () => {
    expect(record({ traceparent: '00-1-2-01' })).toEqual({
      auditRecordId: 'user:ada:2.7',
      atMs: 1_000,
      who: { subject: 'someone', platform: 'web', userId: 'ada' },
      operation: 'things/change',
      policies: ['policy0'],
      requestId: 'request-1',
      traceparent: '00-1-2-01',
      from: { address: '192.0.2.1', country: 'IE' },
      entity: { kind: 'user', id: 'ada' },
      aboutUserId: 'ada',
      before: { nickname: 'Old' },
      after: { userId: 'ada', nickname: 'New' },
      outcome: 'done',
      digest: digestOf(JSON.stringify(commit({ traceparent: '00-1-2-01' }))),
    })
  })

  test('tells a machine from the user it acted for', () => {
    const { who, forUserId } = record({ subject: 'importer', platform: 'm2m' })
    expect({ who, forUserId }).toEqual({ who: { subject: 'importer', platform: 'm2m' }, forUserId: 'ada' })
    expect(record({ platform: 'm2m', userId: undefined })).not.toHaveProperty('forUserId')
  })

  test('of a commit that knows no operation has the kind of its command', () => {
    expect(record({ operation: undefined }).operation).toBe('user.update')
  })

  test('of a refusal has its code', () => {
    const refused = record({}, { effects: {}, refusal: failure('resource/not_found', 'Not there.') })
    expect(refused.outcome).toBe('resource/not_found')
    expect(refused).not.toHaveProperty('after')
  })

  test('names the decision of the workspace that it carried out, and no event of a client’s is taken for one', () => {
    const caused = (eventId: string) => record({}, { eventId }).causedBy
    expect(caused(userCommandEventId({ incarnation: 3, sequence: 12 }))).toBe('workspace:workspace1:3.12')
    expect([caused('workspace:3:12'), caused('e1'), userCommandPlace('workspace→0:1')]).toEqual([undefined, undefined, null])
  })
})

test('a large value is left out of lists and said to be, whatever its characters take', () => {
  const large = 'é'.repeat(listedLimitBytes / 2)
  const whole = record({}, { effects: { profile: { userId: 'ada', nickname: large } } })
  const { after: _after, ...rest } = whole
  expect(listedRecord(whole)).toEqual({ ...rest, cut: ['after'] })
  const small = record({})
  expect(listedRecord(small)).toBe(small)
})

describe('the name of a record', () => {
  test('is its place, whatever the user is called', () => {
    const place = fc.record({ incarnation: fc.integer({ min: 1 }), sequence: fc.integer({ min: 1 }) })
    const id = fc.string({
      minLength: 1,
      maxLength: 128,
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    })
    fc.assert(
      fc.property(fc.constantFrom('player' as const, 'workspace' as const), id, place, (kind, entityId, at) => {
        expect(auditPlaceOf(auditRecordIdOf({ kind, entityId }, at))).toEqual({ kind, entityId, at })
      }),
    )
  })

  test.each([
    '',
    'user:ada',
    'user:ada:1',
    'user::1.1',
    'player:ada:1.1',
    'user:ada:0.1',
    'user:ada:1.01',
    'user:ada:1.1 ',
    'user:ada:1.-1',
  ])('%j is none', (id) => expect(auditPlaceOf(id)).toBeNull())
})

test('what the index finds a record by follows from the record', () => {
  expect(auditColumnsOf(record({ subject: 'importer', platform: 'm2m', userId: 'ben' }))).toEqual({
    auditRecordId: 'user:ada:2.7',
    incarnation: 2,
    sequence: 7,
    atMs: 1_000,
    subject: 'importer',
    userId: 'ben',
    aboutUserId: 'ada',
    entityKind: 'user',
    entityId: 'ada',
    operation: 'things/change',
  })
})

describe('what is secret by its name', () => {
  const names = ['secret', 'clientSecret', 'client_secret', 'hash', 'tokenHash', 'previousHash', 'password', 'accessToken', 'refresh_token']
  const others = ['privateKey', 'api-key', 'apiKey', 'cookie', 'Authorization', 'passphrase', 'hashes', 'credentials', 'SECRET']

  test.each([...names, ...others])('%s is cut out at any depth', (name) => {
    const value = { list: [{ [name]: 'x1', kept: 'x2' }], [name]: ['x1', 5, { kept: 'x2' }] }
    expect(redacted(value)).toEqual({ list: [{ [name]: redactedMark, kept: 'x2' }], [name]: [redactedMark, redactedMark, { kept: 'x2' }] })
  })

  test.each(['secretId', 'secrets_count', 'tokenizer', 'hashtag', 'name', 'passed'])('%s is none', (name) => {
    expect(redacted({ [name]: 'x' })).toEqual({ [name]: 'x' })
  })

  test('nothing else changes, and nothing of it survives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...names), (value, name) => {
        const plain = JSON.parse(JSON.stringify(value))
        expect(redacted({ around: plain, [name]: 'the very secret' })).toEqual({ around: redacted(plain), [name]: redactedMark })
      }),
    )
    expect(redacted({ a: [1, null, true, 'x'] })).toEqual({ a: [1, null, true, 'x'] })
  })
})
