// GET /virtual-transactions and /virtual-transactions/{virtualTransactionId}: the user's own ledger, from the user's
// own object.

import type { Hono } from 'hono'
import { z } from 'zod'
import { fromAmount } from '../../domain/ledger/amount.ts'
import type { LedgerLine } from '../../domain/player/types.ts'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { pageQuery } from '../edge/validate.ts'

export function virtualTransactionRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const common = { api: 'app', action: 'read', method: 'GET', needsUser: true } as const

  edge.route(app, { ...common, path: '/virtual-transactions', operationId: 'virtualTransactions/list', query: pageQuery }, async (call) => {
    const page = call.page()
    if (!page.ok) return page
    const ref = call.user()
    const found = await services.player(ref).transactions(ref, page.value)
    if (!found.ok) return found
    const { items, next } = found.value
    return ok({ status: 200, body: { items: items.map((line) => showTransaction(line, ref.userId)), nextToken: call.nextToken(next) } })
  })

  edge.route(
    app,
    {
      ...common,
      path: '/virtual-transactions/:virtualTransactionId',
      operationId: 'virtualTransactions/get',
      params: z.object({ virtualTransactionId: z.string().max(128) }),
    },
    async (call) => {
      const ref = call.user()
      const line = await services.player(ref).transaction(ref, call.params.virtualTransactionId)
      return line.ok ? ok({ status: 200, body: showTransaction(line.value, ref.userId) }) : line
    },
  )
}

function showTransaction(line: LedgerLine, userId: string): Record<string, unknown> {
  const createdAt = new Date(line.createdAtMs).toISOString()
  return {
    userId,
    virtualCurrencyId: line.virtualCurrencyId,
    virtualTransactionId: line.virtualTransactionId,
    virtualTransactionGroupId: line.virtualTransactionGroupId,
    redemptionMode: line.redemptionMode,
    state: line.state,
    direction: line.direction,
    initiatorType: line.initiatorType,
    initiator: line.initiator,
    counterpartType: line.counterpartType,
    counterpart: line.counterpart,
    ...(line.additionalData !== undefined && { additionalData: line.additionalData }),
    amount: fromAmount(line.amount),
    ...(line.expiresAtMs !== undefined && { expiresAt: new Date(line.expiresAtMs).toISOString() }),
    // A line is never changed: its last change is its making.
    createdAt,
    updatedAt: createdAt,
  }
}
