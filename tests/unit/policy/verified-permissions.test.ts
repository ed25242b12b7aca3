// Decisions by a policy store, against a stand-in that checks what the service checks.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSigner } from '../../../aws-core/signer.ts'
import { type VerifiedPermissionsSettings, verifiedPermissions } from '../../../aws-core/verified-permissions/client.ts'
import { parseVerifiedPermissions } from '../../../aws-core/verified-permissions/from-config.ts'
import { roles } from '../../../domain/identity.ts'
import { localCredentials } from '../../../scripts/local/credentials.ts'
import type { PolicyEvent } from '../../../workers/edge/policy/decider.ts'
import { cedarCall } from '../../../workers/edge/policy/model.ts'
import { verifiedPermissionsDecider } from '../../../workers/edge/policy/verified-permissions-decider.ts'
import { type StandIn, startStandIn, storeId, storeRegion } from './verified-permissions-stand-in.ts'
import { at, newDecider, outcome, request } from './world.ts'

let store: StandIn
beforeEach(async () => {
  store = await startStandIn()
})
afterEach(() => store.close())

const signerOf = (over: object = {}) =>
  createSigner({ ...localCredentials, service: 'verifiedpermissions', region: storeRegion, now: Date.now, ...over })

function client(over: Partial<VerifiedPermissionsSettings> = {}) {
  const timing = { timeoutMs: 5_000, random: () => 0.5, sleep: async () => {} }
  const settings = { region: storeRegion, policyStoreId: storeId, endpoint: store.endpoint, signer: signerOf(), fetch, ...timing, ...over }
  return verifiedPermissions(settings)
}

function deciding(over: Partial<VerifiedPermissionsSettings> = {}) {
  const events: PolicyEvent[] = []
  const clock = { nowMs: 1_000 }
  const { decider: local } = newDecider()
  const settings = { client: () => client(over), local, now: () => clock.nowMs, report: (event: PolicyEvent) => events.push(event) }
  return { decider: verifiedPermissionsDecider(settings), local, events, clock }
}

const asks = (over: Partial<VerifiedPermissionsSettings> = {}) => client(over).isAuthorized(cedarCall(request()))
const thrown = (type: string) => ({ __type: `com.amazonaws.verifiedpermissions#${type}`, message: 'why' })

describe('the client', () => {
  test('asks as the service wants to be asked, and is told who decided', async () => {
    expect(await asks()).toEqual({ ok: true, value: { allowed: true, policies: [expect.stringMatching(/^SPEXAMPLE/)] } })
    expect(store.questions[0]).toMatchObject({
      principal: { entityType: 'Laurel::Person', entityId: 'subject-1' },
      action: { actionType: 'Laurel::Action', actionId: 'dashboard/write' },
      resource: { entityType: 'Laurel::Configuration', entityId: 'activities' },
    })
  })

  test.each([
    ['another secret', { secretAccessKey: 'another' }, 'InvalidSignatureException'],
    ['another service', { service: 'dynamodb' }, 'InvalidSignatureException'],
    ['another region', { region: 'eu-north-1' }, 'InvalidSignatureException'],
    ['an unknown key', { accessKeyId: 'nobody' }, 'UnrecognizedClientException'],
  ])('signed with %s: refused', async (_, over, type) => {
    const error = { code: 'verified_permissions/refused', detail: `${type}, HTTP 400` }
    expect(await asks({ signer: signerOf(over) })).toEqual({ ok: false, error })
  })

  test('another store is refused; an id that the service does not take is not sent', async () => {
    expect(await asks({ policyStoreId: 'PSother' })).toMatchObject({ error: { detail: 'ResourceNotFoundException, HTTP 400' } })
    for (const subject of ['', 's'.repeat(201), 'a\nb']) {
      const asked = await client().isAuthorized(cedarCall(request({ caller: { subject } })))
      expect(asked).toMatchObject({ ok: false, error: { code: 'verified_permissions/refused' } })
    }
    expect(store.questions).toEqual([])
  })

  test.each([
    ['throttled', { status: 400, body: thrown('ThrottlingException') }, 'verified_permissions/unavailable', 2],
    ['broken', { status: 500, body: thrown('InternalServerException') }, 'verified_permissions/unavailable', 2],
    ['a middleman', { status: 502, body: '<html>' }, 'verified_permissions/unavailable', 2],
    ['a connection that breaks', 'reset' as const, 'verified_permissions/unavailable', 2],
    ['not allowed to ask', { status: 400, body: thrown('AccessDeniedException') }, 'verified_permissions/refused', 1],
    ['an answer that is none', { status: 200, body: {} }, 'verified_permissions/unavailable', 1],
    ['an answer that is no JSON', { status: 200, body: 'ALLOW' }, 'verified_permissions/unavailable', 1],
    [
      'a policy that fails',
      { status: 200, body: { decision: 'ALLOW', errors: [{ errorDescription: 'x' }] } },
      'verified_permissions/policy_error',
      1,
    ],
  ])('%s: nothing is allowed', async (_, answer, code, attempts) => {
    store.next = [answer, answer, answer]
    expect(await asks()).toMatchObject({ ok: false, error: { code } })
    expect(store.questions).toHaveLength(attempts)
  })

  test('throttled once, and then answered', async () => {
    store.next = [{ status: 400, body: thrown('ThrottlingException') }]
    expect(await asks()).toMatchObject({ ok: true, value: { allowed: true } })
  })

  test('a service that hangs: unavailable, at the deadline', async () => {
    store.next = ['hang']
    expect(await asks({ timeoutMs: 60 })).toMatchObject({ ok: false, error: { code: 'verified_permissions/unavailable' } })
  })
})

describe('the decider', () => {
  test('says what the local one says, for every role, area and platform', async () => {
    const { decider, local, events } = deciding()
    for (const role of roles)
      for (const kind of ['activities', 'users', 'clients', 'workspace'])
        for (const action of ['read', 'write'] as const)
          for (const over of [{}, { platform: 'm2m' as const }, { platform: 'm2m' as const, scopes: [`dashboard/${action}` as const] }]) {
            const asked = request({ caller: { role, ...over }, kind, action, machinesOnly: role === 'editor' })
            expect(await outcome(() => decider.decide(asked))).toBe(await outcome(() => local.decide(asked)))
          }
    expect(events).toEqual([])
  })

  test('the store may know more than the platform: its forbids hold, and may name who calls', async () => {
    store.policies = { SPown: 'forbid (principal == Laurel::Person::"subject-1", action, resource);' }
    const { decider } = deciding()
    expect(await decider.decide(request())).toEqual({ allowed: false, reason: 'role', policies: ['SPown'] })
    expect(await outcome(() => decider.decide(request({ caller: { subject: 'subject-2' } })))).toBe('allowed')
  })

  test('a decision is remembered for two seconds, without a promise, and for nobody else', async () => {
    const { decider, clock } = deciding()
    await decider.decide(request())
    expect(decider.decide(request())).toMatchObject({ allowed: true })
    expect(store.questions).toHaveLength(1)
    const others = [
      request({ caller: { subject: 'x' } }),
      request({ caller: { userId: 'x' } }),
      at(request({ caller: { workspaceId: 'w2' } }), { workspaceId: 'w2' }),
    ]
    for (const other of others) await decider.decide(other)
    expect(store.questions).toHaveLength(4)
    clock.nowMs += 2_000
    store.policies = { SPnew: 'forbid (principal, action, resource);' }
    expect(await outcome(() => decider.decide(request()))).toBe('role')
  })

  test("the workspace's forbids are decided here, and bind the same", async () => {
    const { decider } = deciding()
    const forbids = ['forbid (principal, action, resource) when { principal.role == "editor" };']
    expect(await decider.decide(request({ forbids }))).toEqual({ allowed: false, reason: 'forbidden', policies: ['forbid-0'] })
    expect(decider.decide(request({ forbids }))).toMatchObject({ reason: 'forbidden' })
    expect(await outcome(() => decider.decide(request({ caller: { role: 'owner' }, kind: 'policies', forbids })))).toBe('allowed')
    expect(JSON.stringify(store.questions)).not.toContain('forbid-0')
  })

  test('what fails is a refusal that is told, and not remembered', async () => {
    const over = { timeoutMs: 60 }
    const { decider, events } = deciding(over)
    store.next = ['hang']
    expect(await outcome(() => decider.decide(request()))).toBe('unavailable')
    expect(events).toEqual([
      { type: 'policy/verified_permissions_failed', code: 'verified_permissions/unavailable', detail: expect.stringContaining('Timeout') },
    ])
    store.next = []
    over.timeoutMs = 5_000
    expect(await outcome(() => decider.decide(request()))).toBe('allowed')
  })
})

describe('configuration', () => {
  test('empty is none; a full one is taken', () => {
    expect(parseVerifiedPermissions(' ')).toEqual({ ok: true, value: null })
    const config = { region: 'eu-west-1', policyStoreId: storeId, endpoint: 'http://127.0.0.1:1/' }
    expect(parseVerifiedPermissions(JSON.stringify(config))).toEqual({ ok: true, value: config })
  })

  test.each(['{', '[]', 'null', '{}', '{"region":"eu","policyStoreId":"x"}', '{"region":"eu-west-1","policyStoreId":"x y"}'])(
    '%s is refused',
    (text) => {
      expect(parseVerifiedPermissions(text).ok).toBe(false)
    },
  )

  test('an endpoint in clear is refused but on loopback, and so is what is not known', () => {
    const config = { region: 'eu-west-1', policyStoreId: storeId, endpoint: 'http://example.com/', secret: 1 }
    expect(parseVerifiedPermissions(JSON.stringify(config))).toEqual({
      ok: false,
      error: ['VERIFIED_PERMISSIONS.secret is not known', 'VERIFIED_PERMISSIONS.endpoint is neither https nor http on loopback'],
    })
  })
})
