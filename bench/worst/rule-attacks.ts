// Rule sets and events that are accepted and cost as much as their author could make them: one for every kind of operator.

import type { ActivityLogCommand } from '../../domain/player/types.ts'
import type { RewardRule } from '../../domain/rules/types.ts'

export interface Attack {
  name: string
  rules: RewardRule[]
  event: Pick<ActivityLogCommand, 'additionalData' | 'tags'>
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))
const data = (name: string) => ({ var: `event.additionalData.${name}` })

export const ruleOf = (matchCondition: unknown, index: number, rest: Partial<RewardRule> = {}): RewardRule => ({
  rewardRuleId: `rule-${String(index).padStart(16, '0')}`,
  ruleType: 'ENTITY',
  matchEntity: 'Activity',
  matchCondition,
  applicationMode: 'ALWAYS',
  rewards: [],
  ...rest,
})

/** More rules than the budget of an event lets be asked. */
export const enough = 4000

/** `expression` many times in one condition, and that condition in many rules. */
function repeated(name: string, expression: unknown, additionalData: Record<string, unknown>, copies = 40): Attack {
  const condition = copies === 1 ? { '!': [expression] } : { or: times(copies, () => ({ '===': [expression, 'never'] })) }
  return { name, rules: times(enough, (index) => ruleOf(condition, index)), event: { additionalData } }
}

const half = 'a'.repeat(8000)
const halfway = `9007199254740993${'0'.repeat(44)}e-77`
const instants = times(400, (index) => `${1900 + (index % 130)}-03-28T02:30:00+01:00`)
const everyZone = Intl.supportedValuesOf('timeZone')

const reward = (expression: unknown) =>
  ({ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression }) as const

export const ruleAttacks = (): Attack[] => [
  repeated(
    'in, two texts that repeat themselves',
    { in: [data('b'), data('a')] },
    { a: half, b: `${'a'.repeat(4000)}b${'a'.repeat(3900)}` },
  ),
  repeated('in, a text in a list', { in: [data('b'), data('a')] }, { a: times(70, () => 'a'.repeat(150)), b: `${'a'.repeat(149)}b` }),
  repeated('in, a number in a list', { in: [2, data('a')] }, { a: times(8000, () => 1) }),
  repeated(
    'in, a long text in a list of it',
    { in: [data('b'), { map: [data('a'), 'x'.repeat(300)] }] },
    { a: times(3000, () => 1), b: `${'x'.repeat(299)}y` },
    1,
  ),
  repeated('cat', { cat: [data('a'), data('a')] }, { a: half }),
  repeated('cat of numbers', { cat: data('a') }, { a: times(700, (index) => Math.PI * 10 ** -(index % 300)) }),
  repeated('substr', { substr: [data('a'), 1, -1] }, { a: half }),
  repeated('==, long texts', { '==': [data('a'), data('b')] }, { a: half, b: `${half.slice(1)}b` }),
  repeated('<, long texts', { '<': [data('a'), data('b'), data('b')] }, { a: half, b: `${half.slice(1)}b` }),
  repeated('==, a text with a number', { '==': [data('a'), 1] }, { a: halfway }),
  repeated('+, numbers', { '+': data('a') }, { a: times(8000, () => 1) }),
  repeated('max, texts', { max: data('a') }, { a: times(220, () => halfway) }),
  repeated('pow', { pow: [data('a'), 1.23456] }, { a: 1.5 }),
  repeated('merge', { merge: [data('a'), data('a')] }, { a: times(4900, () => 1) }),
  repeated('merge of many', { merge: data('a') }, { a: times(3000, () => [1]) }),
  repeated('map', { map: [data('a'), { var: '' }] }, { a: times(8000, () => 1) }, 1),
  repeated('filter in filter', { filter: [data('a'), { filter: [{ var: '' }, true] }] }, { a: times(800, () => [1, 1, 1, 1]) }, 1),
  repeated('reduce', { reduce: [data('a'), { '+': [{ var: 'accumulator' }, { var: 'current' }] }, 0] }, { a: times(8000, () => 1) }, 1),
  repeated(
    'reduce that merges',
    { reduce: [data('a'), { merge: [{ var: 'accumulator' }, { var: 'accumulator' }, 1] }, []] },
    { a: times(8000, () => 1) },
    1,
  ),
  repeated('reduce that joins', { reduce: [data('a'), { cat: [{ var: 'accumulator' }, 'x'] }, ''] }, { a: times(8000, () => 1) }, 1),
  repeated('all', { all: [data('a'), true] }, { a: times(8000, () => 1) }, 1),
  repeated('missing', { missing: times(100, (index) => `event.additionalData.${times(8, () => 'a').join('.')}${index}`) }, { a: {} }, 3),
  repeated('var, deep', data('a.a.a.a.a.a.a.a'), { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } }, 120),
  repeated('if', { if: times(301, () => false) }, {}, 1),
  repeated('and', { and: times(400, () => true) }, {}, 1),
  repeated('a list written out', { merge: [times(400, () => 1)] }, {}, 1),
  repeated('hour in UTC', { map: [data('a'), { hour: [{ var: '' }] }] }, { a: instants }, 1),
  repeated('hour in a zone', { map: [data('a'), { hour: [{ var: '' }, 'Europe/Berlin'] }] }, { a: instants }, 1),
  repeated(
    'day in a zone',
    { map: [data('a'), { hour: [{ var: '' }, 'Australia/Lord_Howe'] }] },
    { a: times(600, (index) => `${1000 + index * 13}-03-28`) },
    1,
  ),
  repeated('dateDiffDays', { map: [data('a'), { dateDiffDays: [{ var: '' }, '2026-01-01', 'America/New_York'] }] }, { a: instants }, 1),
  repeated('every zone', { map: [data('a'), { hour: ['2026-01-01', { var: '' }] }] }, { a: everyZone }, 1),
  repeated(
    'every zone, a few a rule',
    { map: [{ filter: [data('a'), { in: ['Europe/', { var: '' }] }] }, { hour: [0, { var: '' }] }] },
    { a: everyZone.slice(-90) },
    1,
  ),
  repeated('no zone', { hour: [0, data('a')] }, { a: 'Nowhere/Land' }, 1),
  repeated('no date', { hour: data('a') }, { a: '2026-13-45T99:99:99.999999999+99:99[u-ca=x]' }, 1),
  repeated('no number', { '+': [data('a'), 1] }, { a: 'x' }, 1),
  repeated('an object', { cat: { var: 'event' } }, {}, 1),
  { name: 'rules that are only asked', rules: times(20_000, (index) => ruleOf(false, index)), event: {} },
  {
    name: 'rules of tags',
    rules: times(20_000, (index) =>
      ruleOf(false, index, { ruleType: 'TAG', matchEntity: 'Tag', matchEntityId: `${'t'.repeat(120)}${index}` }),
    ),
    event: { tags: times(50, (index) => `${'t'.repeat(120)}${100_000 + index}`) },
  },
  {
    name: 'rewards that are paid',
    rules: times(1000, (index) => ruleOf(true, index, { rewards: times(10, () => reward(1)) })),
    event: {},
  },
  {
    name: 'rewards that fail',
    rules: times(1000, (index) => ruleOf(true, index, { rewards: times(10, () => reward({ abs: [data('a')] })) })),
    event: { additionalData: { a: 'x' } },
  },
]
