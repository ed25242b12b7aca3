// Cedar inside workerd: the real module from the bundle, started by the first question, with the stack that is there.

import { expect, test } from 'vitest'
import type { Caller } from '../../domain/identity.ts'
import { cedarDecider } from '../../workers/edge/policy/cedar-decider.ts'
import { cedarModule } from '../../workers/edge/policy/cedar-module.ts'
import type { PolicyEvent, PolicyRequest } from '../../workers/edge/policy/decider.ts'
import { nestingLimits } from '../../workers/edge/policy/nesting.ts'

function newDecider() {
  const events: PolicyEvent[] = []
  let loads = 0
  const loadCedar = () => {
    loads += 1
    return cedarModule()
  }
  return { decider: cedarDecider({ loadCedar, report: (event) => events.push(event) }), events, loads: () => loads }
}

function request(role: Caller['role'], kind: string, forbids: string[] = []): PolicyRequest {
  const caller: Caller = { subject: 's', workspaceId: 'w', accountId: 'a', context: 'dashboard', platform: 'web', role, scopes: [] }
  const access = { workspaceId: 'w', version: forbids.length, forbids: forbids.map((text, i) => ({ policyId: `forbid-${i}`, text })) }
  return { caller, api: 'dashboard', action: 'write', operation: `${kind}/create`, kind, access }
}

const when = (condition: string) => `forbid (principal, action, resource) when { ${condition} };`

test('the module is loaded by the first question; from then on decisions are there at once', async () => {
  const { decider, events, loads } = newDecider()
  expect(loads()).toBe(0)
  const first = decider.decide(request('editor', 'activities'))
  expect(first).toBeInstanceOf(Promise)
  expect(await first).toEqual({ allowed: true, reason: 'allowed', policies: ['dashboard-editor-writes-configuration'] })
  expect(decider.decide(request('editor', 'users'))).toEqual({ allowed: false, reason: 'role', policies: [] })
  expect(decider.decide(request('manager', 'users'))).toMatchObject({ policies: ['dashboard-manager-writes-people'] })
  expect(decider.decide(request('editor', 'activities', [when('principal.role == "editor"')]))).toMatchObject({ policies: ['forbid-0'] })
  expect(loads()).toBe(1)
  expect(events).toEqual([])
})

test('a policy is checked, and a mistake told with its place', async () => {
  const { decider } = newDecider()
  expect(await decider.checkForbid(when('principal.role == "viewer"'))).toEqual({ ok: true, value: undefined })
  expect(await decider.checkForbid(when('principal.rol == "viewer"'))).toMatchObject({
    ok: false,
    error: { code: 'validation/invalid_input', detail: expect.stringMatching(/^Line 1, column 45: /) },
  })
})

test('what is as deep as may be is decided on the stack there is, and what is deeper never reaches it', async () => {
  const { decider, events } = newDecider()
  const { brackets, levels } = nestingLimits
  const chain = `1${'+1'.repeat(levels - 6)} > 3`
  const deep = `${'('.repeat(brackets - 1)}principal.hasScopes${')'.repeat(brackets - 1)}`
  const sets = `${'['.repeat(brackets - 1)}1${']'.repeat(brackets - 1)} == ${'['.repeat(brackets - 1)}2${']'.repeat(brackets - 1)}`
  for (const condition of [chain, deep, sets]) {
    expect(await decider.checkForbid(when(condition))).toEqual({ ok: true, value: undefined })
  }
  for (const condition of [`${'('.repeat(1_900)}true${')'.repeat(1_900)}`, `1${'+1'.repeat(1_900)} > 3`]) {
    expect(await decider.checkForbid(when(condition))).toMatchObject({ ok: false, error: { detail: expect.stringMatching(/^Nested/) } })
  }
  const decided = await decider.decide(request('editor', 'activities', [chain, deep, sets].map(when)))
  expect(decided).toMatchObject({ reason: 'forbidden', policies: ['forbid-0'] })
  expect(events).toEqual([])
})
