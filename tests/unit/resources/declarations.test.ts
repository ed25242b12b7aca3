// What resources refuse when they are written, and the pointer of each mistake.

import { describe, expect, it } from 'vitest'
import { boardQuery } from '../../../domain/boards/board-query.ts'
import { checkTranslations, draftOf } from '../../../domain/resources/declaration.ts'
import { declarationOf, declarations } from '../../../domain/resources/registry.ts'
import type { ResourceType } from '../../../domain/workspace/types.ts'

const references = {
  exists: (type: ResourceType, id: string) => `${type}/${id}` === 'virtual-currency/points' || `${type}/${id}` === 'activity/commit',
}

/** The pointers of what is wrong with a body: by its schema, or else by its check. */
function mistakes(type: ResourceType, body: Record<string, unknown>, method: 'create' | 'replace' = 'create'): string[] {
  const declaration = declarationOf(type)
  const parsed = declaration[method].safeParse(body)
  if (!parsed.success) return parsed.error.issues.map(({ path }) => `/${path.join('/')}`)
  const draft = draftOf(declaration, 'id', parsed.data)
  return [...checkTranslations(draft), ...declaration.check(draft, null, references)].map(({ pointer }) => pointer ?? '')
}

const translations = [{ lang: 'en', label: 'Label' }]
const activity = { name: 'Commit', defaultLang: 'en', translations }
const currency = { name: 'Points', defaultLang: 'en', translations }
const reward = { virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: { '*': [{ var: 'event.value' }, 2] } }
const rule = {
  name: 'Rule',
  ruleType: 'INSTANCE',
  matchEntity: 'Activity',
  matchEntityId: 'commit',
  matchCondition: { '==': [{ var: 'event.outcome' }, 'SUCCESS'] },
  applicationMode: 'ALWAYS',
  defaultLang: 'en',
  rewards: [reward],
  translations: [{ lang: 'en' }],
}
const ranking = { name: 'Ranking', query: boardQuery('points'), defaultLang: 'en', translations }

it('accepts what the contract describes', () => {
  expect([mistakes('activity', activity), mistakes('virtual-currency', currency), mistakes('reward-rule', rule)]).toEqual([[], [], []])
  expect(mistakes('runtime-leaderboard-configuration', ranking)).toEqual([])
})

it('puts defaults in, and splits id and translations from the body', () => {
  const declaration = declarationOf('virtual-currency')
  const input = declaration.create.parse({ ...currency, virtualCurrencyId: 'points', unknown: 1 })
  expect(draftOf(declaration, 'points', input)).toEqual({
    id: 'points',
    body: { name: 'Points', defaultLang: 'en', scale: 6 },
    translations,
  })
  expect(declarationOf('reward-rule').create.parse(rule)).toMatchObject({ rewards: [{ rewardType: 'VIRTUAL_CURRENCY' }] })
})

describe.each(declarations)('$type', (declaration) => {
  const body = { activity, 'virtual-currency': currency, 'reward-rule': rule, 'runtime-leaderboard-configuration': ranking }[
    declaration.type
  ]

  it.each([
    ['an empty name', { name: '' }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(201) }, '/name'],
    ['a name with NUL', { name: 'a\u0000b' }, '/name'],
    ['a name with a lone surrogate', { name: 'a\ud800' }, '/name'],
    ['an unknown language', { defaultLang: 'xx' }, '/defaultLang'],
    ['a default language without translation', { defaultLang: 'de' }, '/defaultLang'],
    ['no translation', { translations: [] }, '/translations'],
    ['two translations into one language', { translations: [translations[0], translations[0]] }, '/translations/1/lang'],
  ])('refuses %s', (_, change, pointer) => {
    expect(mistakes(declaration.type, { ...body, ...change })).toContain(pointer)
  })
})

describe('ids that a client chooses', () => {
  it.each(['', '.', '..', 'a\nb', 'constructor', '__proto__', 'toString', 'x'.repeat(129)])('refuses %j', (id) => {
    expect(mistakes('activity', { ...activity, activityId: id })).toEqual(['/activityId'])
  })
  it.each(['commit', 'a/b', 'über', 'A-1_2.3:4', 'with space'])('takes %j', (id) => {
    expect(mistakes('activity', { ...activity, activityId: id })).toEqual([])
  })
})

describe('a currency', () => {
  it.each([
    ['more decimals than its scale', { scale: 1, minAllowedBalance: 0.25 }, '/minAllowedBalance'],
    ['a bound that no amount reaches', { maxAllowedBalance: 1e9 }, '/maxAllowedBalance'],
    ['a maximum below the minimum', { minAllowedBalance: 1, maxAllowedBalance: 0 }, '/maxAllowedBalance'],
    ['a scale beyond six', { scale: 7 }, '/scale'],
    ['an icon that is a script', { icon: 'javascript:alert(1)' }, '/icon'],
  ])('refuses %s', (_, change, pointer) => {
    expect(mistakes('virtual-currency', { ...currency, ...change })).toEqual([pointer])
  })
})

describe('a reward rule', () => {
  it.each([
    ['an activity that is not there', { matchEntityId: 'other' }, '/matchEntityId'],
    ['an instance without id', { matchEntityId: undefined }, '/matchEntityId'],
    ['a tag without id', { ruleType: 'TAG', matchEntityId: undefined }, '/matchEntityId'],
    ['any entity with an id', { ruleType: 'ENTITY' }, '/matchEntityId'],
    ['a condition on a variable that is not there', { matchCondition: { '==': [{ var: 'event.color' }, 1] } }, '/matchCondition/==/0/var'],
    ['no condition', { matchCondition: undefined }, '/matchCondition'],
    ['a condition that is a number', { matchCondition: 1 }, '/matchCondition'],
    ['an amount that is a text', { rewards: [{ ...reward, expression: 'ten' }] }, '/rewards/0/expression'],
    [
      'an amount that reads the event before',
      { rewards: [{ ...reward, expression: { var: 'previousEvent.value' } }] },
      '/rewards/0/expression/var',
    ],
    ['no amount', { rewards: [{ ...reward, expression: undefined }] }, '/rewards/0/expression'],
    ['a currency that is not there', { rewards: [reward, { ...reward, virtualCurrencyId: 'coins' }] }, '/rewards/1/virtualCurrencyId'],
    ['a badge', { rewards: [{ rewardType: 'BADGE', badgeConfigurationId: 'b' }] }, '/rewards/0/badgeConfigurationId'],
    ['eleven rewards', { rewards: Array(11).fill(reward) }, '/rewards'],
  ])('refuses %s', (_, change, pointer) => {
    expect(mistakes('reward-rule', { ...rule, ...change })).toEqual([pointer])
  })
})

describe('a leaderboard configuration', () => {
  const query = boardQuery('points')
  it.each([
    ['a currency that is not there', boardQuery('coins'), '/query/from/where'],
    ['another table', { ...query, from: { ...query.from, sources: [{ table: 'Users', alias: 'vt' }] } }, '/query/from/sources/0/table'],
    [
      'a filter besides the currency',
      { ...query, from: { ...query.from, where: { '>': [{ var: 'vt.amount' }, 1] } } },
      '/query/from/where/>',
    ],
    ['a member that nobody knows', { ...query, limit: 3 }, '/query'],
  ])('refuses %s', (_, query, pointer) => {
    expect(mistakes('runtime-leaderboard-configuration', { ...ranking, query })).toEqual([pointer])
  })
  it('refuses to show more than a hundred', () => {
    expect(mistakes('runtime-leaderboard-configuration', { ...ranking, displayTopN: 101 })).toEqual(['/displayTopN'])
  })
})
