// Whoever asks for a change of who may come: the lower of what their token says and what they are now.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OAuthClient } from '../../../domain/access/types.ts'
import { type Asker, type Caller, type Role, roles } from '../../../domain/identity.ts'
import { isAbove, isAtLeast, lowerOf } from '../../../domain/sign-in/standing.ts'
import { askerOf, type Needed, reachFor } from '../../../domain/workspace/asker.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { founded, userProfile } from './state.ts'

const nowMs = 1000
const secret = (secretId: string) => ({ secretId, hash: `hash-of-${secretId}`, createdAtMs: nowMs })
const clientOf = (clientId: string, role: Role, more: Partial<OAuthClient> = {}): OAuthClient => ({
  clientId,
  name: clientId,
  role,
  scopes: ['dashboard/read', 'dashboard/write'],
  secrets: [secret('first')],
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  ...more,
})
const throttle = { principal: 'user:nobody', limit: { quota: 1, windowSeconds: 1 }, reason: 'noise', expiresAtMs: nowMs + 1000 }
const policy = { policyId: 'night', description: '', text: 'forbid (principal, action, resource);' }
const forbidden = 'auth/insufficient_permissions'
const toSessions: Needed = { least: 'manager', scope: 'dashboard/write' }

function world() {
  const state = founded()
  const make = (userId: string, role?: Role) =>
    state.run({ kind: 'user.create', profile: userProfile(userId), ...(role && { role }) }, nowMs)
  make('boss', 'owner')
  make('second', 'owner')
  for (const role of ['admin', 'manager', 'editor'] as const) make(role, role)
  make('plain')
  for (const role of roles) state.run({ kind: 'client.create', client: clientOf(`c-${role}`, role) }, nowMs)
  state.run({ kind: 'throttle.create', throttle }, nowMs)
  state.run({ kind: 'policy.create', policy }, nowMs)
  return { ...state, codeOf: (command: WorkspaceCommand) => codeOf(state.run(command, nowMs)) }
}
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }) => (result.ok ? 'done' : result.error.code)

/** One of each that changes who may come, none of which is refused for anything but who asks. */
const administration = (by: Asker): WorkspaceCommand[] => [
  { kind: 'user.role', userId: 'plain', role: 'viewer', by },
  { kind: 'user.import', rows: [], by },
  { kind: 'user.create', profile: userProfile('new'), role: 'viewer', by },
  { kind: 'client.create', client: clientOf('new', 'viewer'), by },
  { kind: 'client.update', clientId: 'c-viewer', patch: { name: 'Other' }, by },
  { kind: 'client.secret.add', clientId: 'c-viewer', secret: secret('second'), othersExpireAtMs: nowMs + 1, by },
  { kind: 'client.secret.remove', clientId: 'c-viewer', secretId: 'first', by },
  { kind: 'client.delete', clientId: 'c-viewer', by },
  { kind: 'throttle.create', throttle: { ...throttle, principal: 'user:other' }, by },
  { kind: 'throttle.replace', throttle, by },
  { kind: 'throttle.delete', principal: throttle.principal, by },
  { kind: 'policy.replace', policy, by },
  { kind: 'policy.delete', policyId: policy.policyId, by },
  { kind: 'policy.create', policy: { ...policy, policyId: 'day' }, by },
  { kind: 'workspace.settings', settings: { strict: true }, by },
]
const people = (by: Asker): WorkspaceCommand[] => [
  { kind: 'user.create', profile: userProfile('newer'), by },
  { kind: 'user.update', userId: 'plain', patch: { nickname: 'Other' }, by },
  { kind: 'user.delete', userId: 'plain', by },
]
const all = (state: ReturnType<typeof world>, commands: WorkspaceCommand[]) => new Set(commands.map(state.codeOf))

describe('a person', () => {
  const token = (role: Role, userId: string): Asker => ({ role, userId, sessionId: 's' })

  test('who is what their token says does what that role may', () => {
    expect(all(world(), [...administration(token('admin', 'admin')), ...people(token('admin', 'admin'))])).toEqual(new Set(['done']))
    expect(all(world(), people(token('manager', 'manager')))).toEqual(new Set(['done']))
    expect(all(world(), administration(token('manager', 'manager')))).toEqual(new Set([forbidden]))
    expect(all(world(), people(token('editor', 'editor')))).toEqual(new Set([forbidden]))
  })

  test('who was demoted or deleted does none of it, whatever their token says', () => {
    const state = world()
    for (const by of [token('admin', 'editor'), token('owner', 'plain')])
      expect(all(state, [...administration(by), ...people(by)])).toEqual(new Set([forbidden]))
    state.run({ kind: 'user.delete', userId: 'admin' })
    for (const by of [token('admin', 'admin'), token('owner', 'never-there'), { role: 'owner', sessionId: 's' } as const])
      expect(all(state, [...administration(by), ...people(by)])).toEqual(new Set([forbidden]))
  })

  test('who was demoted does not rise again, nor take others down', () => {
    const state = world()
    const by = token('owner', 'second')
    state.run({ kind: 'user.role', userId: 'second', role: 'admin' })
    expect(state.codeOf({ kind: 'user.role', userId: 'second', role: 'owner', by })).toBe(forbidden)
    expect(state.codeOf({ kind: 'user.role', userId: 'boss', role: 'member', by })).toBe(forbidden)
    expect(state.codeOf({ kind: 'user.delete', userId: 'boss', by })).toBe(forbidden)
    expect(state.codeOf({ kind: 'client.create', client: clientOf('mine', 'owner'), by })).toBe(forbidden)
    expect(state.codeOf({ kind: 'user.create', profile: userProfile('mine'), role: 'owner', by })).toBe(forbidden)
  })

  test('who was raised has that only with their next token', () => {
    const by = token('admin', 'boss')
    expect(world().codeOf({ kind: 'user.role', userId: 'plain', role: 'owner', by })).toBe(forbidden)
  })

  test('of another issuer is what their token says, unless they were deleted or given a lower role here', () => {
    for (const userId of ['never-there', undefined])
      expect(all(world(), administration({ role: 'admin', ...(userId && { userId }) }))).toEqual(new Set(['done']))
    expect(all(world(), administration({ role: 'manager' }))).toEqual(new Set([forbidden]))
    const state = world()
    expect(state.codeOf({ kind: 'user.role', userId: 'second', role: 'viewer', by: { role: 'admin', userId: 'plain' } })).toBe(forbidden)
    expect(state.codeOf({ kind: 'user.role', userId: 'editor', role: 'member', by: { role: 'admin', userId: 'plain' } })).toBe('done')
    state.run({ kind: 'user.delete', userId: 'plain' })
    for (const userId of ['plain', 'editor', 'manager'])
      expect(all(state, administration({ role: 'admin', userId }))).toEqual(new Set([forbidden]))
  })
})

describe('a client', () => {
  const token = (clientId: string, role: Role = 'owner'): Asker => ({ role, clientId })

  test('has the role that it has now', () => {
    expect(all(world(), [...administration(token('c-admin')), ...people(token('c-admin'))])).toEqual(new Set(['done']))
    for (const by of [token('c-editor'), token('c-viewer'), token('gone')])
      expect(all(world(), [...administration(by), ...people(by)])).toEqual(new Set([forbidden]))
  })

  test('that was cut down does not raise itself, make itself a secret, or make another', () => {
    const state = world()
    const by = token('c-admin', 'admin')
    state.run({ kind: 'client.update', clientId: 'c-admin', patch: { role: 'viewer' } })
    expect(state.codeOf({ kind: 'client.update', clientId: 'c-admin', patch: { role: 'admin' }, by })).toBe(forbidden)
    expect(all(state, administration(by))).toEqual(new Set([forbidden]))
  })

  test('that may write the dashboard no more does not, though its role is left', () => {
    const state = world()
    state.run({ kind: 'client.update', clientId: 'c-admin', patch: { scopes: ['dashboard/read'] } })
    expect(all(state, administration(token('c-admin', 'admin')))).toEqual(new Set([forbidden]))
  })

  test('gives itself no scope that it does not have', () => {
    const { codeOf } = world()
    const by = token('c-admin', 'admin')
    const scopes = (clientId: string, scopes: OAuthClient['scopes']) => codeOf({ kind: 'client.update', clientId, patch: { scopes }, by })
    expect(scopes('c-admin', ['dashboard/write', 'app/write'])).toBe(forbidden)
    expect(scopes('c-viewer', ['app/write'])).toBe('done')
    expect(scopes('c-admin', ['dashboard/write'])).toBe('done')
    expect(scopes('c-admin', ['dashboard/write', 'dashboard/read'])).toBe(forbidden)
  })

  test('that has come to stand above is not touched, whatever it was when the request was let in', () => {
    const state = world()
    const by: Asker = { role: 'admin', userId: 'admin', sessionId: 's' }
    state.run({ kind: 'client.update', clientId: 'c-viewer', patch: { role: 'owner' } })
    const changes: WorkspaceCommand[] = [
      { kind: 'client.secret.add', clientId: 'c-viewer', secret: secret('mine'), othersExpireAtMs: nowMs, by },
      { kind: 'client.secret.remove', clientId: 'c-viewer', secretId: 'first', by },
      { kind: 'client.update', clientId: 'c-viewer', patch: { role: 'viewer' }, by },
      { kind: 'client.update', clientId: 'c-editor', patch: { role: 'owner' }, by },
      { kind: 'client.delete', clientId: 'c-viewer', by },
    ]
    expect(all(state, changes)).toEqual(new Set([forbidden]))
  })

  test('that rises loses every secret, and one that does not keeps them', () => {
    const { run, view } = world()
    const patched = (role: Role) => {
      const decision = run({ kind: 'client.update', clientId: 'c-manager', patch: { role } }, nowMs)
      const shown = decision.ok ? (decision.value.answer.body as OAuthClient).secrets : undefined
      return [shown?.length, view.access('client', 'c-manager')?.secrets.length]
    }
    expect(patched('manager')).toEqual([1, 1])
    expect(patched('viewer')).toEqual([1, 1])
    expect(patched('editor')).toEqual([0, 0])
  })
})

describe('somebody above', () => {
  const by = (role: Role, userId: string = role): Asker => ({ role, userId, sessionId: 's' })
  const changes = (userId: string, by: Asker): WorkspaceCommand[] => [
    { kind: 'user.update', userId, patch: { externalId: 'moved', nickname: 'Other' }, by },
    { kind: 'user.delete', userId, by },
  ]

  test('is neither changed nor deleted, by whoever and by whatever', () => {
    for (const asker of [by('manager'), by('admin'), { role: 'owner', clientId: 'c-admin' } as const, { role: 'admin' } as const])
      expect(all(world(), changes('boss', asker))).toEqual(new Set([forbidden]))
    expect(all(world(), changes('admin', by('manager')))).toEqual(new Set([forbidden]))
  })

  test('is what they are now: who was raised is above, who was demoted is not', () => {
    const state = world()
    state.run({ kind: 'user.role', userId: 'plain', role: 'owner' })
    expect(all(state, changes('plain', by('manager')))).toEqual(new Set([forbidden]))
    state.run({ kind: 'user.role', userId: 'plain', role: 'member' })
    expect(all(state, changes('plain', by('manager')))).toEqual(new Set(['done']))
  })

  test('is not oneself, though one was raised since the token was given', () => {
    const state = world()
    const own = { kind: 'user.update', userId: 'admin', patch: { nickname: 'Me' }, by: by('manager', 'admin') } as const
    expect(state.codeOf(own)).toBe('done')
    expect(codeOf(reachFor(state.view, 'admin', by('manager', 'admin'), toSessions))).toBe('done')
  })

  test('is not reached in what their own object keeps either', () => {
    const { view, run } = world()
    const reached = (userId: string, by: Asker, needed: Needed = toSessions) => codeOf(reachFor(view, userId, by, needed))
    expect([reached('boss', by('manager')), reached('admin', by('manager')), reached('boss', by('admin'))]).toEqual(
      Array(3).fill(forbidden),
    )
    expect([reached('plain', by('manager')), reached('editor', by('manager')), reached('nobody', by('manager'))]).toEqual(
      Array(3).fill('done'),
    )
    expect([reached('plain', by('editor')), reached('plain', by('owner', 'plain'))]).toEqual(Array(2).fill(forbidden))
    // A machine that acts for somebody has a role of its own, and needs the scope of what it does.
    const asMachine: Needed = { least: null, scope: 'app/write' }
    const machine: Asker = { role: 'owner', clientId: 'c-editor' }
    expect(reached('plain', machine, asMachine)).toBe(forbidden)
    run({ kind: 'client.update', clientId: 'c-editor', patch: { scopes: ['app/write'] } })
    expect([reached('plain', machine, asMachine), reached('manager', machine, asMachine)]).toEqual(['done', forbidden])
  })
})

describe('the last admin', () => {
  const self = (userId: string): Asker => ({ role: 'owner', userId, sessionId: 's' })
  const admins = (...ids: string[]) => {
    const state = founded()
    for (const userId of [...ids, 'plain'])
      state.run({ kind: 'user.create', profile: userProfile(userId), ...(userId !== 'plain' && { role: 'admin' }) })
    return { ...state, codeOf: (command: WorkspaceCommand) => codeOf(state.run(command)) }
  }

  test('neither deletes nor demotes themselves; one of two does, and the other then does not', () => {
    const { codeOf } = admins('a', 'b')
    expect(codeOf({ kind: 'user.role', userId: 'a', role: 'manager', by: self('a') })).toBe('done')
    for (const role of ['manager', 'member'] as const)
      expect(codeOf({ kind: 'user.role', userId: 'b', role, by: self('b') })).toBe('resource/conflict')
    expect(codeOf({ kind: 'user.delete', userId: 'b', by: self('b') })).toBe('resource/conflict')
    expect(codeOf({ kind: 'user.role', userId: 'b', role: 'admin', by: self('b') })).toBe('done')
  })

  test('may go where an owner stays, or where another asks: an admin of another issuer, a machine, the operator', () => {
    const state = admins('a')
    state.run({ kind: 'user.role', userId: 'plain', role: 'owner' })
    expect(state.codeOf({ kind: 'user.delete', userId: 'a', by: self('a') })).toBe('done')
    for (const by of [{ role: 'admin', userId: 'elsewhere' } as const, { role: 'admin' } as const, undefined])
      expect(admins('a').codeOf({ kind: 'user.delete', userId: 'a', ...(by && { by }) })).toBe('done')
  })
})

describe('a throttle', () => {
  const by: Asker = { role: 'admin', userId: 'admin', sessionId: 's' }

  test('is put on nobody above', () => {
    const { codeOf, run } = world()
    for (const principal of ['user:boss', 'client:c-owner']) {
      const held = { ...throttle, principal }
      expect(codeOf({ kind: 'throttle.create', throttle: held, by })).toBe(forbidden)
      run({ kind: 'throttle.create', throttle: held }, nowMs)
      expect(codeOf({ kind: 'throttle.replace', throttle: held, by })).toBe(forbidden)
    }
    for (const principal of ['user:admin', 'user:unknown', 'client:c-admin', 'client:unknown'])
      expect(codeOf({ kind: 'throttle.create', throttle: { ...throttle, principal }, by })).toBe('done')
  })

  test('that a rule set leaves a commit when it is lifted, which changes nothing of the workspace', () => {
    const { run, codeOf } = world()
    expect(codeOf({ kind: 'throttle.delete', principal: 'user:plain', by })).toBe('resource/not_found')
    expect(run({ kind: 'throttle.delete', principal: 'user:plain', wasByRule: true, by }, nowMs)).toEqual({
      ok: true,
      value: { effects: {}, answer: { status: 200, body: { principal: 'user:plain', deleted: true } } },
    })
    const both = run({ kind: 'throttle.delete', principal: throttle.principal, wasByRule: true, by }, nowMs)
    expect(both.ok && both.value.effects.access).toEqual([{ kind: 'throttle', id: throttle.principal, value: null }])
  })
})

test('nobody gives a role, or makes a client, above what they are now and what their token says', () => {
  const role = fc.constantFrom(...roles)
  fc.assert(
    fc.property(role, role, role, fc.boolean(), (said, now, asked, isClient) => {
      const state = founded()
      state.run({ kind: 'user.create', profile: userProfile('who'), role: now })
      state.run({ kind: 'user.create', profile: userProfile('whom') })
      state.run({ kind: 'client.create', client: clientOf('who', now) })
      const by: Asker = isClient ? { role: said, clientId: 'who' } : { role: said, userId: 'who', sessionId: 's' }
      const may = isAtLeast(lowerOf(said, now), 'admin') && !isAbove(asked, lowerOf(said, now))
      const expected = may ? 'done' : forbidden
      expect(codeOf(state.run({ kind: 'user.role', userId: 'whom', role: asked, by }))).toBe(expected)
      expect(codeOf(state.run({ kind: 'client.create', client: clientOf('made', asked), by }))).toBe(expected)
    }),
  )
})

test('a machine asks as itself, and not as the user it acts for', () => {
  const caller: Caller = {
    subject: 'w.c',
    workspaceId: 'workspace1',
    accountId: 'account001',
    userId: 'boss',
    context: 'dashboard',
    platform: 'm2m',
    role: 'admin',
    scopes: ['dashboard/write'],
    clientId: 'w.c',
  }
  expect(askerOf(caller)).toEqual({ role: 'admin', clientId: 'w.c' })
  const { clientId: _, ...person } = { ...caller, platform: 'web' as const, sessionId: 's' }
  expect(askerOf(person)).toEqual({ role: 'admin', userId: 'boss', sessionId: 's' })
})
