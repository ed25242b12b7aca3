// Clients, throttles, policies and settings of a workspace: what is decided, and what the edge is told.

import { describe, expect, test } from 'vitest'
import type { OAuthClient } from '../../../domain/access/types.ts'
import { buildAccess } from '../../../domain/access/workspace-access.ts'
import { limitErrors, operatorSettingsPatch, settingsPatch } from '../../../domain/resources/workspace-settings.ts'
import { accessLimits, shownClient } from '../../../domain/workspace/decide-access.ts'
import { mergePatch } from '../../../domain/workspace/merge-patch.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { founded } from './state.ts'

const nowMs = 1000

const secret = (secretId: string, more = {}) => ({ secretId, hash: `hash-of-${secretId}`, createdAtMs: nowMs, ...more })
const client: OAuthClient = {
  clientId: 'workspace1.one',
  name: 'Backend',
  role: 'manager',
  scopes: ['app/read'],
  secrets: [secret('s1')],
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
}

function world() {
  const { view, run } = founded()
  let clock = nowMs
  const decide = (command: WorkspaceCommand) => {
    const decision = run(command, clock)
    return decision.ok ? decision.value.answer : decision.error
  }
  const pass = (ms: number) => {
    clock += ms
  }
  return { view, decide, pass, access: (atMs = clock) => buildAccess(view, 1, atMs) }
}

describe('clients', () => {
  test('no hash is ever shown', () => {
    const { decide, view } = world()
    const answers = [
      decide({ kind: 'client.create', client }),
      decide({ kind: 'client.update', clientId: client.clientId, patch: { name: 'Other' } }),
      decide({ kind: 'client.secret.add', clientId: client.clientId, secret: secret('s2'), othersExpireAtMs: nowMs + 1000 }),
      decide({ kind: 'client.secret.remove', clientId: client.clientId, secretId: 's2' }),
      shownClient(view.access('client', client.clientId) as OAuthClient),
    ]
    expect(answers.map((answer) => 'status' in answer && answer.status)).toEqual([201, 200, 201, 200, false])
    expect(JSON.stringify(answers)).not.toContain('hash')
  })

  test('two secrets are valid while one takes over, and the older ends', () => {
    const { decide, view, pass } = world()
    decide({ kind: 'client.create', client })
    const add = (secretId: string) =>
      decide({ kind: 'client.secret.add', clientId: client.clientId, secret: secret(secretId), othersExpireAtMs: nowMs + 1000 })
    add('s2')
    expect(view.access('client', client.clientId)?.secrets).toEqual([secret('s1', { expiresAtMs: nowMs + 1000 }), secret('s2')])
    expect(add('s3')).toMatchObject({ code: 'business/precondition_failed' })
    pass(1000)
    expect(add('s3')).toMatchObject({ status: 201 })
    expect(view.access('client', client.clientId)?.secrets.map(({ secretId }) => secretId)).toEqual(['s2', 's3'])
  })

  test('what is not there is not found, what is there is not made again, and there is a most', () => {
    const { decide, access } = world()
    expect(decide({ kind: 'client.delete', clientId: client.clientId })).toMatchObject({ code: 'resource/not_found' })
    for (let i = 0; i < accessLimits.client; i++) decide({ kind: 'client.create', client: { ...client, clientId: `c${i}` } })
    expect(decide({ kind: 'client.create', client: { ...client, clientId: 'c1' } })).toMatchObject({ code: 'resource/already_exists' })
    expect(decide({ kind: 'client.create', client })).toMatchObject({ code: 'business/precondition_failed' })
    expect(decide({ kind: 'client.delete', clientId: 'c1' })).toMatchObject({ status: 200 })
    expect(access().clients).toHaveLength(accessLimits.client - 1)
    expect(access().clients).not.toContain('c1')
  })
})

describe('throttles', () => {
  const throttle = { principal: 'user:ada', limit: { quota: 5, windowSeconds: 10 }, reason: 'scraping', expiresAtMs: nowMs + 1000 }

  test('hold until they expire', () => {
    const { decide, access } = world()
    expect(decide({ kind: 'throttle.create', throttle })).toMatchObject({ status: 201 })
    expect(access().throttles).toEqual([{ ...throttle, createdAtMs: nowMs }])
    expect(access(nowMs + 1000).throttles).toEqual([])
    expect(decide({ kind: 'throttle.create', throttle })).toMatchObject({ code: 'resource/already_exists' })
    expect(decide({ kind: 'throttle.replace', throttle: { ...throttle, reason: 'again' } })).toMatchObject({ status: 200 })
    expect(decide({ kind: 'throttle.replace', throttle: { ...throttle, principal: 'user:bob' } })).toMatchObject({
      code: 'resource/not_found',
    })
    expect(decide({ kind: 'throttle.delete', principal: 'user:ada' })).toMatchObject({ status: 200 })
    expect(access().throttles).toEqual([])
  })

  test('one that ends in the past is refused, and those that ended make room', () => {
    const { decide, view, pass } = world()
    expect(decide({ kind: 'throttle.create', throttle: { ...throttle, expiresAtMs: nowMs } })).toMatchObject({
      code: 'validation/invalid_input',
    })
    for (let i = 0; i < accessLimits.throttle; i++) decide({ kind: 'throttle.create', throttle: { ...throttle, principal: `user:${i}` } })
    expect(decide({ kind: 'throttle.create', throttle })).toMatchObject({ code: 'business/precondition_failed' })
    pass(1000)
    expect(decide({ kind: 'throttle.create', throttle: { ...throttle, expiresAtMs: nowMs + 5000 } })).toMatchObject({ status: 201 })
    expect(view.accessAll('throttle').length).toBeLessThan(accessLimits.throttle)
  })
})

describe('policies', () => {
  const policy = { policyId: 'no-deletes', description: '', text: 'forbid (principal, action, resource);' }

  test('are put, replaced and taken back', () => {
    const { decide, access } = world()
    expect(decide({ kind: 'policy.create', policy })).toMatchObject({ status: 201 })
    expect(decide({ kind: 'policy.create', policy })).toMatchObject({ code: 'resource/already_exists' })
    const described = { ...policy, description: 'x' }
    expect(decide({ kind: 'policy.replace', policy: described })).toMatchObject({ status: 200, body: { description: 'x' } })
    expect(decide({ kind: 'policy.replace', policy: { ...policy, policyId: 'other' } })).toMatchObject({ code: 'resource/not_found' })
    expect(access().forbids).toEqual([{ policyId: policy.policyId, text: policy.text }])
    expect(decide({ kind: 'policy.delete', policyId: policy.policyId })).toMatchObject({ status: 200 })
    expect(access().forbids).toEqual([])
    expect(decide({ kind: 'policy.delete', policyId: policy.policyId })).toMatchObject({ code: 'resource/not_found' })
  })

  test('there is a most', () => {
    const { decide } = world()
    for (let i = 0; i < accessLimits.policy; i++) decide({ kind: 'policy.create', policy: { ...policy, policyId: `p${i}` } })
    expect(decide({ kind: 'policy.create', policy })).toMatchObject({ code: 'business/precondition_failed' })
    expect(decide({ kind: 'policy.replace', policy: { ...policy, policyId: 'p1' } })).toMatchObject({ status: 200 })
  })
})

describe('settings', () => {
  test('are merge patches: what is not named stays, null goes back to the plan', () => {
    const { decide, access, view } = world()
    const plan = access().limits
    decide({
      kind: 'workspace.settings',
      settings: { limits: { principal: { quota: 50, windowSeconds: 10 }, suspect: null }, origins: ['https://a.test'] },
    })
    expect(access()).toMatchObject({ origins: ['https://a.test'], limits: { principal: { quota: 50 }, machine: plan.machine } })
    decide({ kind: 'workspace.settings', settings: { limits: { principal: null } } })
    expect(access().limits.principal).toEqual(plan.principal)
    expect(view.workspace()?.settings).toMatchObject({ strict: false, derivedIdempotency: true, origins: ['https://a.test'] })
  })

  test('a change that changes nothing makes no new rule set; a plan changes the limits', () => {
    const { decide, access, view } = world()
    const before = view.ruleSetNumber()
    decide({ kind: 'workspace.settings', settings: { strict: false } })
    decide({ kind: 'workspace.plan', plan: 'ENTERPRISE' })
    expect(view.ruleSetNumber()).toBe(before)
    expect(access().limits.workspace.quota).toBeGreaterThan(5000)
  })

  test.each(['https://app.example.org', 'http://localhost:5173', 'capacitor://localhost', 'ionic://localhost:1'])(
    '%s is an origin',
    (origin) => {
      expect(settingsPatch.safeParse({ origins: [origin] }).success).toBe(true)
    },
  )

  test.each([
    '*',
    'null',
    '',
    'https://app.example.org/',
    'https://APP.example.org',
    'https://app.example.org:443',
    'https://a.test/x',
    'app.example.org',
    'javascript:alert(1)',
    'https://a.test https://b.test',
    'https://u@a.test',
  ])('%j is none', (origin) => expect(settingsPatch.safeParse({ origins: [origin] }).success).toBe(false))

  test('nobody is given more than the workspace has', () => {
    const { access } = world()
    const { limits } = access()
    expect(
      limitErrors({ limits: { principal: { quota: limits.workspace.quota, windowSeconds: limits.workspace.windowSeconds } } }, limits),
    ).toEqual([])
    expect(limitErrors({ limits: { machine: { quota: limits.workspace.quota + 1, windowSeconds: 10 } } }, limits)).toMatchObject([
      { pointer: '/limits/machine' },
    ])
    expect(limitErrors({ limits: { principal: { quota: limits.workspace.quota, windowSeconds: 1 } } }, limits)).toHaveLength(1)
    // The workspace's own limit is the operator's to set: an admin's is not even read.
    expect(settingsPatch.parse({ limits: { workspace: { quota: 1, windowSeconds: 1 } } })).toEqual({ limits: {} })
    expect(operatorSettingsPatch.parse({ limits: { workspace: { quota: 1, windowSeconds: 1 } } })).toEqual({
      limits: { workspace: { quota: 1, windowSeconds: 1 } },
    })
  })
})

// The table of RFC 7396, appendix A, as far as it is about objects.
test.each<[object, object, object]>([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched with %j is %j', (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected)
})
