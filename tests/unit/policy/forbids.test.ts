// A workspace's own forbids: what they reach, what happens when they fail, and whom they cannot lock out.

import { describe, expect, test } from 'vitest'
import { at, newDecider, outcome, request } from './world.ts'

const editors = 'forbid (principal, action, resource) when { principal.role == "editor" };'
const overflow = 'forbid (principal, action, resource) when { 9223372036854775807 + 1 > 0 };'
const everything = 'forbid (principal, action, resource);'

const asks = async (asked: Parameters<typeof request>[0]) => {
  const { decider } = newDecider()
  return outcome(() => decider.decide(request(asked)))
}

describe('what a forbid reaches', () => {
  const byOperation = 'forbid (principal, action, resource) when { context.operation == "activities/create" };'
  const byKind = 'forbid (principal, action == Laurel::Action::"dashboard/write", resource == Laurel::Configuration::"activities");'
  const bySubject = 'forbid (principal == Laurel::Person::"subject-1", action, resource);'
  const byUser = 'forbid (principal, action, resource) when { principal has userId && principal.userId == "user-1" };'
  const byMachine = 'forbid (principal == Laurel::Machine::"subject-1", action, resource);'
  const machines = 'forbid (principal is Laurel::Machine, action, resource is Laurel::People);'
  const byWorkspace = 'forbid (principal, action, resource in Laurel::Workspace::"workspace1");'
  const machine = { platform: 'm2m', role: 'admin', scopes: ['dashboard/write'] } as const

  test.each([
    ['a role', editors, {}, { caller: { role: 'manager' } }],
    ['an operation', byOperation, {}, { operation: 'activities/update' }],
    ['a collection', byKind, {}, { kind: 'reward-rules', operation: 'rewardRules/create' }],
    ['a subject', bySubject, {}, { caller: { subject: 'subject-2' } }],
    ['a user', byUser, {}, { caller: { userId: 'user-2' } }],
    ['a user, and not who has none', byUser, {}, { caller: { userId: undefined } }],
    ['a machine, and not the person of that subject', byMachine, { caller: { ...machine, scopes: [...machine.scopes] } }, {}],
    ['machines in an area', machines, { kind: 'users', caller: { ...machine, scopes: [...machine.scopes] } }, { kind: 'activities' }],
    ['a workspace', byWorkspace, {}, { caller: { workspaceId: 'workspace2' }, access: { workspaceId: 'workspace2', version: 1 } }],
  ] as const)('%s', async (_, text, inside, outside) => {
    expect(await asks({ ...inside, forbids: [text] } as never)).toBe('forbidden')
    const beyond = request({ ...outside, forbids: [text] } as never)
    const { decider } = newDecider()
    const moved = 'access' in outside ? at(beyond, { ...request({ forbids: [text] }).access, ...outside.access }) : beyond
    expect(await outcome(() => decider.decide(moved))).toBe('allowed')
  })

  test('its id is told, and no other', async () => {
    const { decider } = newDecider()
    const decided = await decider.decide(request({ forbids: [byUser.replace('user-1', 'x'), editors, byOperation] }))
    expect(decided).toEqual({ allowed: false, reason: 'forbidden', policies: ['forbid-1', 'forbid-2'] })
  })

  test('what the platform refuses is told as that, whatever the forbids say', async () => {
    expect(await asks({ kind: 'clients', forbids: [everything] })).toBe('role')
  })
})

describe('what a forbid cannot do', () => {
  test.each(['permit (principal, action, resource);', `permit (principal, action, resource); ${everything.replace('forbid', 'permit')}`])(
    'permit: %s',
    async (text) => {
      expect(await asks({ kind: 'clients', forbids: [text] })).toBe('role')
    },
  )

  test('keep an owner from the policies, and an owner only', async () => {
    for (const action of ['read', 'write'] as const) {
      for (const forbids of [[everything], [overflow], ['not a policy']]) {
        expect(await asks({ caller: { role: 'owner' }, kind: 'policies', action, forbids })).toBe('allowed')
        expect(await asks({ caller: { role: 'admin' }, kind: 'policies', action, forbids })).toBe('forbidden')
        expect(await asks({ caller: { role: 'owner' }, kind: 'clients', action, forbids })).toBe('forbidden')
      }
    }
  })

  test('an owner still needs the scope that the token is held to', async () => {
    expect(await asks({ caller: { role: 'owner', scopes: ['app/read'] }, kind: 'policies', forbids: [everything] })).toBe('scope')
  })
})

describe('a forbid that fails applies', () => {
  const deep = `forbid (principal, action, resource) when { ${'('.repeat(1_500)}false${')'.repeat(1_500)} };`
  const long = `forbid (principal, action, resource) when { 0${'+0'.repeat(1_900)} > 1 };`
  test.each([
    ['overflows', overflow],
    ['reads what is not there', 'forbid (principal, action, resource) when { principal.shoeSize > 40 };'],
    ['does not parse', 'forbid (principal, action'],
    ['is two', 'forbid (principal, action, resource) when { false }; forbid (principal, action, resource) when { false };'],
    ['is a template', 'forbid (principal == ?principal, action, resource);'],
    ['is a permit', 'permit (principal, action, resource) when { false };'],
    ['is too deep', deep],
    ['is too long a chain', long],
  ])('one that %s', async (_, text) => {
    const { decider, events } = newDecider()
    const asked = request({ forbids: [text, 'forbid (principal, action, resource) when { principal.role == "nobody" };'] })
    expect(await decider.decide(asked)).toEqual({ allowed: false, reason: 'forbidden', policies: ['forbid-0'] })
    const told = { type: 'policy/forbid_failed', workspaceId: 'workspace1', operation: 'activities/create', policies: ['forbid-0'] }
    expect(events).toEqual([told])
    // And Cedar is none the worse for it.
    expect(await outcome(() => decider.decide(request({ kind: 'reward-rules' })))).toBe('allowed')
  })
})
