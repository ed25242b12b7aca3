// GET /virtual-balances and /virtual-balances/{virtualCurrencyId}: the user's own object answers, so they are never
// behind. A currency that is published and that the user never earned is a balance of zero.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { fromAmount } from '../../domain/ledger/amount.ts'
import type { Balance } from '../../domain/player/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { mapBounded } from '../concurrency.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'
import { fieldsQuery, pageQuery } from '../edge/validate.ts'
import type { Services } from '../services.ts'
import { showCurrency, translationFor } from './show.ts'

const fields = fieldsQuery(['translation'])

export function virtualBalanceRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const common = { api: 'app', action: 'read', method: 'GET', needsUser: true } as const

  edge.route(
    app,
    { ...common, path: '/virtual-balances', operationId: 'virtualBalances/list', query: pageQuery.extend({ fields }) },
    async (call) => {
      const page = call.page()
      if (!page.ok) return page
      const ref = call.user()
      const found = await services.player(ref).balances(ref, page.value)
      if (!found.ok) return found
      const { items, next } = found.value
      const shown = await mapBounded(items, (balance) => showBalance(services, call, balance))
      return ok({ status: 200, body: { items: shown, nextToken: call.nextToken(next) } })
    },
  )

  edge.route(
    app,
    {
      ...common,
      path: '/virtual-balances/:virtualCurrencyId',
      operationId: 'virtualBalances/get',
      params: z.object({ virtualCurrencyId: z.string().max(128) }),
      query: z.object({ fields }),
    },
    async (call) => {
      const balance = await balanceOf(services, call, call.params.virtualCurrencyId)
      return balance.ok ? ok({ status: 200, body: await showBalance(services, call, balance.value) }) : balance
    },
  )
}

async function balanceOf(services: Services, call: Call, virtualCurrencyId: string): Promise<Result<Balance>> {
  const ref = call.user()
  const found = await services.player(ref).balance(ref, virtualCurrencyId)
  if (found.ok || found.error.code !== 'resource/not_found') return found
  // The user, or the balance?
  const profile = await services.player(ref).profile(ref)
  if (!profile.ok) return profile
  if (!Object.hasOwn(call.ruleSet.currencies, virtualCurrencyId)) return fail(failure('resource/not_found', 'There is no such currency.'))
  const { createdAtMs } = profile.value
  return ok({ virtualCurrencyId, amount: 0, availableAmount: 0, createdAtMs, updatedAtMs: createdAtMs })
}

async function showBalance(
  services: Services,
  call: Call<unknown, { fields: string[] }>,
  balance: Balance,
): Promise<Record<string, unknown>> {
  const { virtualCurrencyId, amount, availableAmount, createdAtMs, updatedAtMs } = balance
  const { workspaceId, userId } = call.user()
  const shown = {
    userId,
    virtualCurrencyId,
    amount: fromAmount(amount),
    availableAmount: fromAmount(availableAmount),
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
    isActive: Object.hasOwn(call.ruleSet.currencies, virtualCurrencyId),
  }
  if (!call.query.fields.includes('translation')) return shown
  const currency = await services.workspace(workspaceId).resource(workspaceId, 'virtual-currency', virtualCurrencyId)
  if (!currency.ok) return shown
  const translation = translationFor(currency.value, call.lang)
  return { ...shown, virtualCurrency: showCurrency(currency.value), ...(translation && { translation }) }
}
