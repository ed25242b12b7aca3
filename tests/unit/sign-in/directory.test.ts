// The directory's part of signing in: who an address belongs to, and who has which role.

import { describe, expect, test } from 'vitest'
import type { Role } from '../../../domain/identity.ts'
import { admit } from '../../../domain/sign-in/admission.ts'
import { emailHashOf } from '../../../domain/sign-in/email-hash.ts'
import { founded, userProfile } from '../workspace/state.ts'

type State = ReturnType<typeof founded>

const ada = 'ada@example.org'
function make(state: State, userId: string, { email = ada, role, ifNew }: { email?: string; role?: Role; ifNew?: true } = {}) {
  const profile = userProfile(userId)
  return state.run({
    kind: 'user.create',
    profile: { ...profile, principal: { ...profile.principal, email } },
    ...(role && { role }),
    ...(ifNew && { ifEmailIsNew: true }),
  })
}
const codeOf = (result: { ok: boolean; error?: { code: string } }) => (result.ok ? null : result.error?.code)
const byEmail = ({ view }: State, email = ada) => view.userByEmail(emailHashOf(email))?.userId ?? null

describe('an address', () => {
  test('is found however it is written', () => {
    const state = founded()
    make(state, 'u', { email: 'Ada@Example.ORG' })
    expect([byEmail(state), byEmail(state, 'ADA@EXAMPLE.org'), byEmail(state, 'ada@example.com')]).toEqual(['u', 'u', null])
  })

  test('belongs to the live user that was made first, whatever the ids and whatever changed since', () => {
    const state = founded()
    for (const userId of ['z', 'a', 'm']) make(state, userId)
    state.run({ kind: 'user.update', userId: 'z', patch: { externalId: 'x' } })
    expect(byEmail(state)).toBe('z')
    state.run({ kind: 'user.delete', userId: 'z' })
    expect(byEmail(state)).toBe('a')
  })

  test('is taken where it must be new', () => {
    const state = founded()
    make(state, 'u')
    expect(codeOf(make(state, 'v'))).toBeNull()
    const refused = make(state, 'w', { ifNew: true })
    expect(refused).toMatchObject({ ok: false, error: { code: 'resource/already_exists', errors: [{ pointer: '/email' }] } })
    for (const userId of ['u', 'v']) state.run({ kind: 'user.delete', userId })
    expect(codeOf(make(state, 'w', { ifNew: true }))).toBeNull()
  })
})

describe('a role', () => {
  const change = (state: State, userId: string, role: Role, by: Role) =>
    codeOf(state.run({ kind: 'user.role', userId, role, by: { role: by } }))

  test('is given, taken and forgotten with the user', () => {
    const state = founded()
    make(state, 'u')
    expect(change(state, 'u', 'editor', 'admin')).toBeNull()
    expect(state.view.user('u')?.role).toBe('editor')
    expect(change(state, 'u', 'member', 'admin')).toBeNull()
    // Said, so that a token of another issuer that says more is held to it; nobody gave it to who never had another.
    expect(state.view.user('u')?.role).toBe('member')
    expect(change(state, 'u', 'member', 'admin')).toBeNull()
    make(state, 'w', { role: 'member' })
    expect(state.view.user('w')).not.toHaveProperty('role')
    make(state, 'v', { role: 'manager' })
    expect(state.view.user('v')?.role).toBe('manager')
    state.run({ kind: 'user.delete', userId: 'v' })
    expect(state.view.user('v')).toEqual({ userId: 'v', deleted: true })
    expect(change(state, 'v', 'editor', 'owner')).toBe('resource/not_found')
  })

  test('is not given above the own, nor taken from whoever is above', () => {
    const state = founded()
    make(state, 'u')
    make(state, 'boss', { role: 'owner' })
    make(state, 'second', { role: 'owner' })
    expect(change(state, 'u', 'owner', 'admin')).toBe('auth/insufficient_permissions')
    expect(change(state, 'boss', 'member', 'admin')).toBe('auth/insufficient_permissions')
    expect(change(state, 'u', 'admin', 'admin')).toBeNull()
  })

  test('of the last owner stays, and the last owner too', () => {
    const state = founded()
    make(state, 'boss', { role: 'owner' })
    expect(change(state, 'boss', 'admin', 'owner')).toBe('resource/conflict')
    expect(codeOf(state.run({ kind: 'user.delete', userId: 'boss' }))).toBe('resource/conflict')
    expect(change(state, 'boss', 'owner', 'owner')).toBeNull()
    make(state, 'next', { role: 'owner' })
    expect(change(state, 'boss', 'admin', 'owner')).toBeNull()
    expect(codeOf(state.run({ kind: 'user.delete', userId: 'next' }))).toBe('resource/conflict')
  })
})

describe('whoever comes with an address', () => {
  const user = { userId: 'u' }

  test('is the user that has it, with their role', () => {
    expect(admit({ ...user, role: 'editor' }, 'app', 'preprovisioned')).toEqual({ kind: 'user', userId: 'u', role: 'editor' })
    expect(admit(user, 'app', 'open')).toEqual({ kind: 'user', userId: 'u', role: 'member' })
  })

  test('becomes one in the app of a workspace that is open, and nowhere else', () => {
    expect(admit(null, 'app', 'open')).toEqual({ kind: 'newcomer' })
    for (const [context, provisioning] of [
      ['app', 'preprovisioned'],
      ['dashboard', 'open'],
      ['dashboard', 'preprovisioned'],
    ] as const)
      expect(admit(null, context, provisioning)).toEqual({ kind: 'nobody' })
  })

  test('comes to the dashboard from viewer up', () => {
    const kinds = (['member', 'viewer', 'editor', 'manager', 'admin', 'owner'] as const).map(
      (role) => admit({ ...user, role }, 'dashboard', 'open').kind,
    )
    expect(kinds).toEqual(['nobody', 'user', 'user', 'user', 'user', 'user'])
  })
})
