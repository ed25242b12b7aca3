import { expect, test } from 'vitest'
import { type Caller, type Role, roles } from '../../../domain/identity.ts'
import { type Demand, permits } from '../../../workers/edge/auth/policy.ts'

const caller = (role: Role, over: Partial<Caller> = {}): Caller => ({
  subject: 's',
  workspaceId: 'w',
  accountId: 'a',
  userId: 'u',
  context: 'dashboard',
  platform: 'web',
  role,
  scopes: [],
  ...over,
})

const dashboard: [string, Demand, Role[]][] = [
  ['reads', { api: 'dashboard', action: 'read' }, ['owner', 'admin', 'manager', 'editor', 'viewer']],
  ['writes configuration', { api: 'dashboard', action: 'write' }, ['owner', 'admin', 'manager', 'editor']],
  ['writes users', { api: 'dashboard', action: 'write', minimumRole: 'manager' }, ['owner', 'admin', 'manager']],
  ['administers', { api: 'dashboard', action: 'write', minimumRole: 'admin' }, ['owner', 'admin']],
  [
    'reads below its own least',
    { api: 'dashboard', action: 'read', minimumRole: 'member' },
    ['owner', 'admin', 'manager', 'editor', 'viewer'],
  ],
]

test.each(dashboard)('who %s in the dashboard', (_, demand, allowed) => {
  expect(roles.filter((role) => permits(caller(role), demand) === null)).toEqual(allowed)
})

test('every role uses the app', () => {
  for (const action of ['read', 'write'] as const)
    expect(roles.filter((role) => permits(caller(role, { context: 'app' }), { api: 'app', action }) === null)).toEqual([...roles])
})

test('a machine needs role and scope', () => {
  const machine = (role: Role, scopes: Caller['scopes']) => caller(role, { platform: 'm2m', scopes })
  const write: Demand = { api: 'dashboard', action: 'write' }
  expect(permits(machine('admin', ['dashboard/write']), write)).toBeNull()
  for (const refused of [machine('admin', []), machine('admin', ['app/write', 'dashboard/read']), machine('viewer', ['dashboard/write'])])
    expect(permits(refused, write)).toMatchObject({ code: 'auth/insufficient_permissions' })
})

test('what is for machines is for nobody else', () => {
  const demand: Demand = { api: 'app', action: 'write', machinesOnly: true }
  expect(permits(caller('owner'), demand)).toMatchObject({ code: 'auth/insufficient_permissions' })
  expect(permits(caller('owner', { platform: 'm2m', scopes: ['app/write'] }), demand)).toBeNull()
})
