// What an import would do with a row, by who is in the directory.

import { expect, test } from 'vitest'
import { planRow } from '../../../domain/sign-in/import-plan.ts'
import type { DirectoryEntry } from '../../../domain/workspace/types.ts'

const emailHash = 'hash-of-ada'
const ada: DirectoryEntry = { userId: 'ada', emailHash }
const nobody = { byEmail: null, byUserId: null, byExternalId: null }
const plan = (
  user: { userId?: string; externalId?: string; role?: 'editor' | 'member' },
  holders: Partial<typeof nobody | Record<string, DirectoryEntry>> = {},
) => {
  const planned = planRow({ row: 7, user: { email: 'ada@example.org', ...user }, emailHash }, { ...nobody, ...holders })
  return planned.outcome === 'conflict' ? planned.mistakes.map(({ row, column }) => `${row} ${column}`).join() : planned.outcome
}

test.each<[string, ReturnType<typeof plan>, string]>([
  ['nobody has any of it', plan({ userId: 'ada', externalId: 'x' }), 'create'],
  ['the address is there', plan({}, { byEmail: ada }), 'unchanged'],
  ['address and id are there', plan({ userId: 'ada' }, { byEmail: ada, byUserId: ada }), 'unchanged'],
  [
    'address and id are there, and another was first with the address',
    plan({ userId: 'ada' }, { byEmail: { ...ada, userId: 'b' }, byUserId: ada }),
    'unchanged',
  ],
  [
    'the external id is the same',
    plan({ externalId: 'x' }, { byEmail: { ...ada, externalId: 'x' }, byExternalId: { ...ada, externalId: 'x' } }),
    'unchanged',
  ],
  ['the role is the same', plan({ role: 'editor' }, { byEmail: { ...ada, role: 'editor' } }), 'unchanged'],
  ['a member is a member', plan({ role: 'member' }, { byEmail: ada }), 'unchanged'],
  ['the id was deleted', plan({ userId: 'ada' }, { byUserId: { userId: 'ada', deleted: true } }), '7 userId'],
  ['the id has another address', plan({ userId: 'ada' }, { byUserId: { ...ada, emailHash: 'other' } }), '7 email'],
  ['the address has another id', plan({ userId: 'new' }, { byEmail: ada }), '7 email'],
  ['the external id is another user’s', plan({ externalId: 'x' }, { byExternalId: { userId: 'b', externalId: 'x' } }), '7 externalId'],
  ['the user has another external id', plan({ externalId: 'x' }, { byEmail: { ...ada, externalId: 'y' } }), '7 externalId'],
  ['the user has no external id', plan({ externalId: 'x' }, { byEmail: ada }), '7 externalId'],
  ['the user has another role', plan({ role: 'editor' }, { byEmail: ada }), '7 role'],
])('%s', (_, planned, expected) => expect(planned).toBe(expected))
