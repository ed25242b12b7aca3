// What is remembered of a caller holds exactly as long as nothing changed: not past the token, not past another access or rule
// set, for no other API and no other user.

import { expect, test, vi } from 'vitest'
import { ok } from '../../../domain/result.ts'
import { rememberingAdmissions } from '../../../workers/edge/admitted.ts'
import { access, machine, nowMs, parts, ruleSet, sign } from './world.ts'

function world(capacity?: number) {
  const clock = { nowMs }
  let edge = ok({ ruleSet, access })
  const all = parts({ clock, services: { workspaceEdge: () => edge } })
  const verify = vi.fn(all.verifier.verify)
  const admit = rememberingAdmissions({ services: all.services, verifier: { verify } }, capacity)
  const headers = (token: string, more: Record<string, string> = {}) => new Headers({ authorization: `Bearer ${token}`, ...more })
  return {
    clock,
    verify,
    headers,
    admit,
    change: (more: { access?: object; ruleSet?: object }) => {
      edge = ok({ ruleSet: { ...ruleSet, ...more.ruleSet }, access: { ...access, ...more.access } })
    },
  }
}

test('a caller who comes again is known at once, and is the very same', async () => {
  const { admit, headers, verify } = world()
  const token = await sign()
  const first = await admit(headers(token), 'app')
  const again = admit(headers(token), 'app')
  expect(again).not.toBeInstanceOf(Promise)
  expect(again).toBe(first)
  expect(verify).toHaveBeenCalledTimes(1)
  expect(first).toMatchObject({
    ok: true,
    value: { identified: { caller: { userId: 'user-1' } }, demands: [{ policy: 'user' }, { policy: 'workspace' }] },
  })
})

test('not past the expiry of the token', async () => {
  const { admit, headers, clock } = world()
  const token = await sign({ exp: nowMs / 1000 + 1 })
  expect(await admit(headers(token), 'app')).toMatchObject({ ok: true })
  clock.nowMs += 999
  expect(admit(headers(token), 'app')).not.toBeInstanceOf(Promise)
  clock.nowMs += 1
  expect(await admit(headers(token), 'app')).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
})

test.each([{ access: { version: 2 } }, { ruleSet: { number: 8 } }])('not once the workspace is another value: %j', async (more) => {
  const { admit, headers, change } = world()
  const token = await sign()
  const first = await admit(headers(token), 'app')
  change(more)
  const again = await admit(headers(token), 'app')
  expect(again).toMatchObject({ ok: true, value: { identified: { access: { version: more.access?.version ?? 1 } } } })
  expect(again).not.toBe(first)
})

test('for no other API, no other token and no other user', async () => {
  const { admit, headers, verify } = world()
  const token = await sign(machine)
  await admit(headers(token), 'app')
  expect(await admit(headers(token), 'dashboard')).toMatchObject({ ok: false, error: { code: 'auth/insufficient_permissions' } })
  expect(await admit(headers(`${token}x`), 'app')).toMatchObject({ ok: false })
  const acting = async (userId: string) => {
    const admitted = await admit(headers(token, { 'x-user-id': userId }), 'app')
    return admitted.ok ? admitted.value.identified.caller.userId : admitted.error.code
  }
  expect([await acting('user-2'), await acting('user-3'), await acting('')]).toEqual(['user-2', 'user-3', 'validation/invalid_input'])
  expect(admit(headers(token), 'app')).not.toBeInstanceOf(Promise)
  expect(verify.mock.calls.length).toBe(6)
})

test('refusals are not remembered, and neither are more than a few', async () => {
  const { admit, headers } = world(2)
  expect(await admit(headers('nonsense'), 'app')).toMatchObject({ ok: false })
  const tokens = await Promise.all([1, 2, 3].map((n) => sign({ sub: `s${n}`, ...(n > 0 && { jti: String(n) }) })))
  for (const token of tokens) await admit(headers(token), 'app')
  expect(tokens.map((token) => admit(headers(token), 'app') instanceof Promise)).toEqual([true, false, false])
})
