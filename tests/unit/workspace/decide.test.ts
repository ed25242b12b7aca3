// The workspace's decisions: what is unique, what is refused and where, and which commits publish a rule set.

import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../domain/failures.ts'
import type { WorkspaceDecision } from '../../../domain/workspace/decision.ts'
import { activityBody, currencyBody, document, founded, ruleBody, translations, userProfile, workspaceState } from './state.ts'

const refusalOf = (decision: WorkspaceDecision): Failure => {
  if (decision.ok) throw new Error('this was accepted')
  return decision.error
}
const effectsOf = (decision: WorkspaceDecision) => {
  if (!decision.ok) throw new Error(decision.error.detail)
  return decision.value.effects
}
const pointersOf = (decision: WorkspaceDecision) => refusalOf(decision).errors?.map(({ pointer }) => pointer)

describe('a workspace', () => {
  it('is created once, and that publishes the first rule set', () => {
    const state = workspaceState()
    const command = { kind: 'workspace.create', workspace: document } as const
    expect(effectsOf(state.run(command))).toEqual({ workspace: document, ruleSet: 1 })
    expect(refusalOf(state.run(command)).code).toBe('resource/already_exists')
  })

  it('takes no other command before that', () => {
    expect(refusalOf(workspaceState().create('activity', 'a', activityBody)).code).toBe('resource/not_found')
  })

  it('changes the settings that are named, in a new rule set', () => {
    const state = founded()
    expect(effectsOf(state.run({ kind: 'workspace.settings', settings: { strict: true } })).ruleSet).toBe(2)
    expect(state.rules().settings).toEqual({ strict: true, derivedIdempotency: true })
  })
})

describe('a resource', () => {
  it('is created as a draft that does not act', () => {
    const state = founded()
    expect(effectsOf(state.create('activity', 'a', activityBody)).ruleSet).toBeUndefined()
    expect(state.resource('activity', 'a')).toMatchObject({ stage: 'DRAFT', body: activityBody, createdAtMs: 1000 })
    expect(state.rules().activities).toEqual([])
  })

  it('has an id of its own', () => {
    const state = founded()
    state.create('activity', 'a', activityBody)
    const refusal = refusalOf(state.create('activity', 'a', { ...activityBody, name: 'Other' }))
    expect(refusal).toMatchObject({ code: 'resource/already_exists', errors: [{ pointer: '/activityId' }] })
    expect(state.create('virtual-currency', 'a', currencyBody).ok).toBe(true)
  })

  it('acts as of its last publish, whatever was written since', () => {
    const state = founded()
    state.create('virtual-currency', 'points', currencyBody)
    expect(effectsOf(state.publish('virtual-currency', 'points', 2000)).ruleSet).toBe(2)
    state.run({
      kind: 'resource.replace',
      type: 'virtual-currency',
      id: 'points',
      body: { ...currencyBody, maxAllowedBalance: 5 },
      translations,
    })
    expect(state.rules().currencies.points).toEqual({ virtualCurrencyId: 'points', scale: 2 })
    expect(effectsOf(state.publish('virtual-currency', 'points', 3000)).ruleSet).toBe(3)
    expect(state.rules().currencies.points).toEqual({ virtualCurrencyId: 'points', scale: 2, maxAllowedBalance: 5 })
    expect(state.resource('virtual-currency', 'points').firstPublishedAtMs).toBe(2000)
  })

  it('published again unchanged is no new rule set', () => {
    const state = founded()
    state.create('activity', 'a', activityBody)
    state.publish('activity', 'a')
    expect(effectsOf(state.publish('activity', 'a', 9000))).toEqual({})
    expect(state.view.ruleSetNumber()).toBe(2)
  })

  it('keeps what is fixed on creation, and refuses to contradict it', () => {
    const state = founded()
    state.create('virtual-currency', 'points', { ...currencyBody, catalogVirtualCurrencyId: 'origin' })
    const replace = (body: Record<string, unknown>) =>
      state.run({ kind: 'resource.replace', type: 'virtual-currency', id: 'points', body, translations })
    expect(pointersOf(replace({ ...currencyBody, scale: 3 }))).toEqual(['/scale'])
    expect(replace({ name: 'Renamed', defaultLang: 'en' }).ok).toBe(true)
    expect(state.resource('virtual-currency', 'points').body).toEqual({
      name: 'Renamed',
      defaultLang: 'en',
      scale: 2,
      catalogVirtualCurrencyId: 'origin',
    })
  })

  it('is not found to replace or publish where there is none', () => {
    const state = founded()
    const replace = { kind: 'resource.replace', type: 'activity', id: 'a', body: activityBody, translations } as const
    expect(refusalOf(state.run(replace)).code).toBe('resource/not_found')
    expect(refusalOf(state.publish('activity', 'a')).code).toBe('resource/not_found')
  })
})

describe('a user', () => {
  const create = (state: ReturnType<typeof founded>, userId: string, externalId?: string) =>
    state.run({ kind: 'user.create', profile: userProfile(userId, externalId) })

  it('claims its ids and has its own object told', () => {
    const state = founded()
    expect(effectsOf(create(state, 'u', 'x'))).toEqual({
      directory: [{ userId: 'u', externalId: 'x', emailHash: expect.any(String) }],
      player: { userId: 'u', command: { kind: 'user.create', profile: userProfile('u', 'x') } },
    })
    expect(refusalOf(create(state, 'u', 'y')).code).toBe('resource/already_exists')
    expect(refusalOf(create(state, 'v', 'x'))).toMatchObject({ code: 'resource/already_exists', errors: [{ pointer: '/externalId' }] })
  })

  it('moves its external id, and the old one is free', () => {
    const state = founded()
    create(state, 'u', 'x')
    create(state, 'v')
    const move = (userId: string, externalId: string) => state.run({ kind: 'user.update', userId, patch: { externalId } })
    expect(effectsOf(move('u', 'y')).directory).toEqual([{ userId: 'u', externalId: 'y', emailHash: expect.any(String) }])
    expect(refusalOf(move('v', 'y')).code).toBe('resource/already_exists')
    expect(move('v', 'x').ok).toBe(true)
    expect(effectsOf(move('v', 'x')).directory).toBeUndefined()
  })

  it('once deleted keeps its id from others, and frees its external id', () => {
    const state = founded()
    create(state, 'u', 'x')
    expect(effectsOf(state.run({ kind: 'user.delete', userId: 'u' })).player).toEqual({ userId: 'u', command: { kind: 'user.delete' } })
    expect(refusalOf(state.run({ kind: 'user.delete', userId: 'u' })).code).toBe('resource/not_found')
    expect(refusalOf(state.run({ kind: 'user.update', userId: 'u', patch: {} })).code).toBe('resource/not_found')
    expect(refusalOf(create(state, 'u')).code).toBe('resource/already_exists')
    expect(create(state, 'v', 'x').ok).toBe(true)
  })

  it('is deleted by nobody below', () => {
    const state = founded()
    state.run({ kind: 'user.create', profile: userProfile('boss'), role: 'admin' })
    expect(refusalOf(state.run({ kind: 'user.delete', userId: 'boss', by: { role: 'manager' } })).code).toBe(
      'auth/insufficient_permissions',
    )
    expect(state.run({ kind: 'user.delete', userId: 'boss', by: { role: 'admin' } }).ok).toBe(true)
  })
})

describe('a rule set', () => {
  it('orders reward rules by first publish, then id, and knows only what is published', () => {
    const state = founded()
    state.create('virtual-currency', 'points', currencyBody)
    for (const id of ['c', 'b', 'a', 'draft']) state.create('reward-rule', id, ruleBody())
    state.publish('reward-rule', 'c', 2000)
    state.publish('reward-rule', 'b', 3000)
    state.publish('reward-rule', 'a', 3000)
    state.run({ kind: 'resource.replace', type: 'reward-rule', id: 'c', body: ruleBody({ name: 'changed' }), translations }, 4000)
    state.publish('reward-rule', 'c', 5000)
    const rules = state.rules()
    expect(rules.rewardRules.map(({ rewardRuleId }) => rewardRuleId)).toEqual(['c', 'a', 'b'])
    expect(rules.rewardRules[0]).toEqual({
      rewardRuleId: 'c',
      ruleType: 'ENTITY',
      matchEntity: 'Activity',
      matchCondition: true,
      applicationMode: 'ALWAYS',
      rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: 1 }],
    })
    expect(rules).toMatchObject({ number: 5, workspaceId: 'workspace1', accountId: 'account001', currencies: {} })
  })
})
