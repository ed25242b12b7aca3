// What rules pay: exact amounts, bounds, modes. Each activity has the rules that a test is about.

import { beforeAll, expect, test } from 'vitest'
import { balanceOf, log, must, newUser, publishGame, transactionsOf } from './support/game.ts'
import { newTenant, type Tenant } from './support/tenant.ts'

const currencies = {
  points: {},
  cents: { scale: 2 },
  whole: { scale: 0 },
  capped: { maxAllowedBalance: 10 },
  floored: { minAllowedBalance: 5 },
}
const isPositive = { '>': [{ var: 'event.value' }, 0] }
const rules = [
  { activityId: 'sum', expression: { '+': [0.1, 0.2] } },
  { activityId: 'third', virtualCurrencyId: 'cents', expression: { '/': [{ var: 'event.value' }, 3] } },
  { activityId: 'half', virtualCurrencyId: 'whole', expression: { '/': [{ var: 'event.value' }, 2] } },
  { activityId: 'fill', virtualCurrencyId: 'capped' },
  { activityId: 'start', virtualCurrencyId: 'floored' },
  { activityId: 'either', matchCondition: isPositive, expression: 10 },
  { activityId: 'either', applicationMode: 'FALLBACK' as const, expression: 1 },
  { activityId: 'either', applicationMode: 'DISABLED' as const, expression: 100 },
  { activityId: 'earn', redemptionMode: 'MANUAL' as const },
  { activityId: 'failing', expression: { '/': [1, { var: 'event.value' }] } },
  { activityId: 'failing', expression: 2 },
  { activityId: 'change', matchCondition: { '!=': [{ var: 'event.value' }, { var: 'previousEvent.value' }] }, expression: 1 },
]

let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
  await publishGame(tenant, { currencies, rules })
})

/** Logs these values of an activity for a new user and answers the balance. */
async function earn(activityId: string, values: number[], currency = 'points'): Promise<{ userId: string; balance: number }> {
  const userId = await newUser(tenant)
  for (const [i, value] of values.entries())
    expect((await log(tenant, userId, { activityId, value, activityLogId: `${userId}-${i}` })).status).toBe(201)
  return { userId, balance: await balanceOf(tenant, userId, currency) }
}

test('0.1 and 0.2 are 0.3, however often', async () => {
  const { userId, balance } = await earn('sum', [1, 1, 1, 1, 1, 1, 1])
  expect(balance).toBe(2.1)
  expect((await transactionsOf(tenant, userId)).map(({ amount }) => amount)).toEqual(Array(7).fill(0.3))
})

test('thirds are rounded to the scale of the currency, once each', async () => {
  expect((await earn('third', [1, 1, 1], 'cents')).balance).toBe(0.99)
  expect((await earn('third', [2, 2, 2], 'cents')).balance).toBe(2.01)
})

test('halves go away from zero, and a reward of zero leaves no line', async () => {
  expect((await earn('half', [1, 3], 'whole')).balance).toBe(3)
  const { userId, balance } = await earn('half', [0], 'whole')
  expect([balance, await transactionsOf(tenant, userId)]).toEqual([0, []])
})

test('a reward that would pass the maximum is not paid, and the next that fits is', async () => {
  const { userId, balance } = await earn('fill', [6, 6, 4], 'capped')
  expect(balance).toBe(10)
  expect((await transactionsOf(tenant, userId)).map(({ amount }) => amount)).toEqual([6, 4])
})

test('a balance below the minimum is never made', async () => {
  const { userId, balance } = await earn('start', [4, 5, 1], 'floored')
  expect(balance).toBe(6)
  expect((await transactionsOf(tenant, userId)).map(({ amount }) => amount)).toEqual([5, 1])
})

test('FALLBACK rules pay when no ALWAYS rule matched, and DISABLED ones never', async () => {
  expect((await earn('either', [1])).balance).toBe(10)
  expect((await earn('either', [-1])).balance).toBe(1)
  expect((await earn('either', [1, -1])).balance).toBe(11)
})

test('MANUAL rewards are pending: earned, and not available', async () => {
  const { userId } = await earn('earn', [5])
  expect((await transactionsOf(tenant, userId))[0]).toMatchObject({ state: 'PENDING', redemptionMode: 'MANUAL', amount: 5 })
  const balance = await must(tenant.machine.get('/virtual-balances/points', { 'x-user-id': userId }))
  expect(balance).toMatchObject({ amount: 5, availableAmount: 0 })
})

test('an amount that is no number awards nothing, and takes nothing from the other rules', async () => {
  expect((await earn('failing', [0])).balance).toBe(2)
  expect((await earn('failing', [2])).balance).toBe(2.5)
})

test('a condition sees the event before', async () => {
  expect((await earn('change', [1, 1, 2, 1])).balance).toBe(3)
})

test('a currency that the user never earned is a balance of zero; one that is not there is a 404', async () => {
  const { userId } = await earn('sum', [])
  const me = { 'x-user-id': userId }
  expect(await must(tenant.machine.get('/virtual-balances/cents', me))).toMatchObject({ amount: 0, availableAmount: 0 })
  expect((await tenant.machine.get('/virtual-balances/gold', me)).status).toBe(404)
})
