// Who may do what: the whole table, written down here by hand and asked of the policies row by row.

import { beforeAll, expect, test } from 'vitest'
import { type ClientPlatform, type Role, roles, type Scope } from '../../../domain/identity.ts'
import { ownPolicies } from '../../../workers/edge/policy/cedar-engine.ts'
import type { PolicyDecision, PolicyRequest } from '../../../workers/edge/policy/decider.ts'
import { allScopes, cedar, newDecider, request } from './world.ts'

const everyone: Role[] = ['owner', 'admin', 'manager', 'editor', 'viewer', 'member']
const viewers: Role[] = ['owner', 'admin', 'manager', 'editor', 'viewer']
const editors: Role[] = ['owner', 'admin', 'manager', 'editor']
const managers: Role[] = ['owner', 'admin', 'manager']
const admins: Role[] = ['owner', 'admin']

const table: { api: PolicyRequest['api']; kinds: string[]; read: Role[]; write: Role[] }[] = [
  { api: 'app', kinds: ['activity-logs', 'users', 'clients'], read: everyone, write: everyone },
  { api: 'dashboard', kinds: ['activities', 'virtual-currencies', 'reward-rules', 'made-up', '__proto__'], read: viewers, write: editors },
  { api: 'dashboard', kinds: ['runtime-leaderboards', 'runtime-leaderboard-configurations'], read: viewers, write: editors },
  { api: 'dashboard', kinds: ['users'], read: viewers, write: managers },
  { api: 'dashboard', kinds: ['sessions'], read: managers, write: managers },
  {
    api: 'dashboard',
    kinds: ['clients', 'throttles', 'policies', 'roles', 'user-imports', 'workspace-settings', 'audit-records'],
    read: admins,
    write: admins,
  },
  { api: 'dashboard', kinds: ['workspace'], read: viewers, write: admins },
]
const platforms: ClientPlatform[] = ['web', 'mobile', 'm2m']
const scopeSets: Scope[][] = Array.from({ length: 16 }, (_, bits) => allScopes.filter((_, i) => bits & (1 << i)))

interface Row {
  asked: PolicyRequest
  expected: PolicyDecision['reason']
}

function rows(): Row[] {
  const all: Row[] = []
  // Every set of scopes on the first collection of each line; on the others the two that matter.
  for (const { api, kinds, ...mayBe } of table)
    for (const [nth, kind] of kinds.entries())
      for (const action of ['read', 'write'] as const)
        for (const role of roles)
          for (const platform of platforms)
            for (const machinesOnly of [false, true])
              for (const scopes of nth === 0 ? scopeSets : [[], [`${api}/${action}` as const]]) {
                const needsScope = platform === 'm2m' || scopes.length > 0
                const expected =
                  needsScope && !scopes.includes(`${api}/${action}`)
                    ? 'scope'
                    : machinesOnly && platform !== 'm2m'
                      ? 'machines_only'
                      : mayBe[action].includes(role)
                        ? 'allowed'
                        : 'role'
                const asked = request({
                  caller: { role, platform, scopes, context: api },
                  api,
                  action,
                  kind,
                  operation: `${kind}/x`,
                  machinesOnly,
                })
                all.push({ asked, expected })
              }
  return all
}

const { decider, events } = newDecider()
let answers: (Row & { decision: PolicyDecision })[]

beforeAll(async () => {
  answers = []
  for (const row of rows()) answers.push({ ...row, decision: await decider.decide(row.asked) })
})

test('every row is as written', () => {
  const wrong = answers.filter(({ decision, expected }) => decision.reason !== expected || decision.allowed !== (expected === 'allowed'))
  expect(answers.length).toBeGreaterThan(6_000)
  expect(wrong).toEqual([])
  expect(events).toEqual([])
})

test('every policy determines something, and only its own decisions are told with it', () => {
  const told = new Set(answers.flatMap(({ decision }) => decision.policies))
  expect([...told].sort()).toEqual(
    ownPolicies(cedar)
      .map(({ id }) => id)
      .sort(),
  )
  for (const { decision } of answers) expect(decision.policies.length > 0).toBe(decision.reason !== 'role')
})

test('a token of another workspace is permitted nothing', async () => {
  for (const row of rows().filter(({ expected }) => expected === 'allowed')) {
    const elsewhere = { ...row.asked, access: { ...row.asked.access, workspaceId: 'workspace2' } }
    expect(await decider.decide(elsewhere)).toMatchObject({ allowed: false, reason: 'role', policies: [] })
  }
})

test('a role that is not known is permitted nothing in the dashboard', async () => {
  const asked = request({ caller: { role: 'root' as Role }, action: 'read' })
  expect(await decider.decide(asked)).toMatchObject({ allowed: false, reason: 'role' })
})
