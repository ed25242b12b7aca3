// What is remembered: exactly what the decision depends on, within bounds, and never in place of the right answer.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roles } from '../../../domain/identity.ts'
import { ownPolicies } from '../../../workers/edge/policy/cedar-engine.ts'
import type { PolicyRequest } from '../../../workers/edge/policy/decider.ts'
import { personalKey, sharedKey } from '../../../workers/edge/policy/keys.ts'
import { cedarCall } from '../../../workers/edge/policy/model.ts'
import { schemaText } from '../../../workers/edge/policy/policy-texts.ts'
import { allScopes, at, caller, cedar, loadCedar, newDecider, outcome, request } from './world.ts'

const editors = 'forbid (principal, action, resource) when { principal.role == "editor" };'
const everything = 'forbid (principal, action, resource);'
const userOne = 'forbid (principal, action, resource) when { principal has userId && principal.userId == "user-1" };'
const subjectOne = 'forbid (principal == Laurel::Person::"subject-1", action, resource);'

test('Cedar is loaded by the first question and no earlier; what was decided is answered without a promise', async () => {
  let loads = 0
  const { decider } = newDecider({
    loadCedar: () => {
      loads += 1
      return loadCedar()
    },
  })
  expect(loads).toBe(0)
  const asked = request({ forbids: [subjectOne] })
  const first = decider.decide(asked)
  expect(first).toBeInstanceOf(Promise)
  expect(await first).toMatchObject({ reason: 'forbidden' })
  expect(decider.decide(asked)).toEqual(await first)
  expect(decider.decide({ ...asked, kind: 'reward-rules' })).toMatchObject({ reason: 'forbidden' })
  expect(loads).toBe(1)
})

test('many first questions at once are all answered', async () => {
  const { decider } = newDecider()
  const all = await Promise.all(roles.map((role) => decider.decide(request({ caller: { role }, forbids: [editors] }))))
  // owner, admin, manager, editor, member, viewer
  expect(all.map(({ reason }) => reason)).toEqual(['allowed', 'allowed', 'allowed', 'forbidden', 'role', 'role'])
})

test('the same decision is the same object, and nobody can change it', async () => {
  const { decider } = newDecider()
  const one = await decider.decide(request())
  const other = await decider.decide(at(request({ caller: { subject: 's2', userId: 'u2', workspaceId: 'w2' } }), { workspaceId: 'w2' }))
  expect(other).toBe(one)
  expect(() => one.policies.push('x')).toThrow(TypeError)
})

test('a changed version takes effect, back and forth', async () => {
  const { decider } = newDecider()
  const plain = request()
  const held = at(request({ forbids: [editors] }), { version: 2 })
  for (const [asked, reason] of [
    [plain, 'allowed'],
    [held, 'forbidden'],
    [plain, 'allowed'],
    [at(held, { version: 3 }), 'forbidden'],
  ] as const)
    expect(await outcome(() => decider.decide(asked))).toBe(reason)
  expect(await outcome(() => decider.decide(at(request({ forbids: [subjectOne.replace('-1', '-2')] }), { version: 4 })))).toBe('allowed')
})

test("another workspace's forbids never take effect, also where slots are taken over", async () => {
  const { decider } = newDecider({ workspaces: 2 })
  const asks = (workspaceId: string, operation: string, forbids: string[]) =>
    outcome(() => decider.decide(at(request({ caller: { workspaceId }, operation, forbids }), { workspaceId })))
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 5; i += 1) {
      // A new operation each time: nothing remembered can answer for a slot that is another's by now.
      expect(await asks(`forbids-${i}`, `round/${round}`, [everything])).toBe('forbidden')
      expect(await asks(`permits-${i}`, `round/${round}`, [userOne.replace('user-1', 'nobody')])).toBe('allowed')
      expect(await asks('forbids-0', `again/${round}-${i}`, [everything])).toBe('forbidden')
    }
  }
})

describe('keys', () => {
  const base = request()
  const changes: [string, (asked: PolicyRequest) => PolicyRequest][] = [
    ['role', (asked) => ({ ...asked, caller: { ...asked.caller, role: 'admin' } })],
    ['machine', (asked) => ({ ...asked, caller: { ...asked.caller, platform: 'm2m' } })],
    ['context', (asked) => ({ ...asked, caller: { ...asked.caller, context: 'app' } })],
    ['scopes', (asked) => ({ ...asked, caller: { ...asked.caller, scopes: ['app/read'] } })],
    ['no user', (asked) => ({ ...asked, caller: { ...asked.caller, userId: undefined } })],
    ['api', (asked) => ({ ...asked, api: 'app' })],
    ['action', (asked) => ({ ...asked, action: 'read' })],
    ['operation', (asked) => ({ ...asked, operation: 'x' })],
    ['kind', (asked) => ({ ...asked, kind: 'x' })],
    ['machinesOnly', (asked) => ({ ...asked, machinesOnly: true })],
    ['another workspace', (asked) => at(asked, { workspaceId: 'workspace2' })],
  ]
  test.each(changes)('%s changes both', (_, change) => {
    expect(sharedKey(change(base))).not.toBe(sharedKey(base))
    expect(personalKey(change(base))).not.toBe(personalKey(base))
  })

  test('who it is changes the personal one only; web or mobile, and the order of scopes, neither', () => {
    for (const who of [{ subject: 'x' }, { userId: 'x' }]) {
      const other = { ...base, caller: caller(who) }
      expect(sharedKey(other)).toBe(sharedKey(base))
      expect(personalKey(other)).not.toBe(personalKey(base))
    }
    expect(personalKey({ ...base, caller: caller({ platform: 'mobile' }) })).toBe(personalKey(base))
    const scoped = (scopes: typeof allScopes) => personalKey({ ...base, caller: caller({ scopes }) })
    expect(scoped([...allScopes].reverse())).toBe(scoped(allScopes))
  })

  test('subjects and users cannot be made to look like each other', () => {
    const text = fc.string({ minLength: 2, maxLength: 6, unit: fc.constantFrom('a', '1', '2', '\n', ' ') })
    const key = (subject: string, userId: string) => personalKey({ ...base, caller: caller({ subject, userId }) })
    fc.assert(
      // One text in two, cut at any two places: together they are the same.
      fc.property(text, fc.nat(5), fc.nat(5), (both, i, j) => {
        const [one, other] = [i, j].map((cut) => [both.slice(cut), both.slice(0, cut)] as const)
        expect(key(...(one as [string, string])) === key(...(other as [string, string]))).toBe(one?.[1] === other?.[1])
      }),
    )
  })
})

const workspaceIds = ['workspace1', 'workspace2', 'workspace3']
const texts = [editors, userOne, subjectOne, 'forbid (principal, action, resource is Laurel::People) when { 9223372036854775807 + 1 > 0 };']
const asked = fc.record({
  who: fc.record({
    subject: fc.constantFrom('subject-1', 'subject-2'),
    userId: fc.constantFrom('user-1', 'user-2', undefined),
    workspaceId: fc.constantFrom(...workspaceIds),
    platform: fc.constantFrom('web', 'm2m' as const),
    role: fc.constantFrom(...roles),
    context: fc.constantFrom('app', 'dashboard' as const),
    scopes: fc.constantFrom([], ['dashboard/write' as const], allScopes),
  }),
  there: fc.record({ workspaceId: fc.constantFrom(...workspaceIds), version: fc.nat({ max: 3 }) }),
  isAtHome: fc.boolean(),
  what: fc.record({
    api: fc.constantFrom('app', 'dashboard' as const),
    action: fc.constantFrom('read', 'write' as const),
    kind: fc.constantFrom('activities', 'users', 'policies'),
    machinesOnly: fc.boolean(),
  }),
})

test('remembered is the same as asked anew, of all policies in one set, for any calls in any order', async () => {
  const own = ownPolicies(cedar).map(({ id, text }) => [id, text])
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 8 }), async (calls) => {
      const { decider } = newDecider({ ownDecisions: 5, workspaces: 2, decisionsPerWorkspace: 3 })
      for (const { who, there, isAtHome, what } of calls) {
        // What a workspace forbids is settled by its id and version, as it is for real.
        const picked = texts.filter((_, i) => (workspaceIds.indexOf(there.workspaceId) + there.version) & (1 << i) || i === there.version)
        const forbids = picked.map((text, i) => ({ policyId: `f${i}`, text }))
        const one = {
          ...request(),
          ...what,
          caller: caller(isAtHome ? { ...who, workspaceId: there.workspaceId } : who),
          access: { ...there, forbids },
        }
        const isOwners = who.role === 'owner' && what.api === 'dashboard' && what.kind === 'policies'
        const theirs = isOwners ? [] : forbids.map(({ policyId, text }) => [policyId, text])
        const policies = { staticPolicies: Object.fromEntries([...own, ...theirs]) }
        const answer = cedar.isAuthorized({ ...cedarCall(one), policies, schema: schemaText, validateRequest: true })
        if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
        const { decision, diagnostics } = answer.response
        expect((await decider.decide(one)).allowed).toBe(decision === 'allow' && diagnostics.errors.length === 0)
      }
    }),
    { numRuns: 60 },
  )
})

describe('what fails', () => {
  test('a call that is not one by the schema is refused and told, not remembered, and is only its own', async () => {
    const { decider, events } = newDecider()
    const odd = request({ caller: { role: 7 as never } })
    for (let times = 0; times < 2; times += 1) expect(await outcome(() => decider.decide(odd))).toBe('unavailable')
    const told = { type: 'policy/own_policy_failed', operation: 'activities/create', policies: ['(request)'] }
    expect(events).toEqual([told, told])
    expect(await outcome(() => decider.decide(request()))).toBe('allowed')
  })

  test('Cedar that is not there refuses, tells, and is tried again', async () => {
    let broken = true
    const load = async () => {
      if (broken) throw new Error('no such module')
      return loadCedar()
    }
    const { decider, events } = newDecider({ loadCedar: load })
    expect(await outcome(() => decider.decide(request()))).toBe('unavailable')
    expect(events).toEqual([{ type: 'policy/engine_failed', detail: 'Error: no such module' }])
    broken = false
    expect(await outcome(() => decider.decide(request()))).toBe('allowed')
  })
})
