// Posting to the ledger: a transaction that a currency does not allow is refused before anything changes, so balances
// always equal the sum of the lines.

import type { Balance, RewardRefusal } from '../player/types.ts'
import { fail, ok, type Result } from '../result.ts'
import type { Currency } from '../rules/types.ts'
import { type Amount, fromAmount, inRange } from './amount.ts'

export interface Posting {
  currency: Currency
  /** Signed millionths. */
  amount: Amount
  state: 'PENDING' | 'COMPLETED'
}

/**
 * The balance after the posting. The currency's bounds hold for `amount`, which counts pending transactions, on every
 * transaction: a credit that stays below the minimum is refused too.
 */
export function post(
  before: Balance | null,
  { currency, amount, state }: Posting,
  nowMs: number,
): Result<Balance, RewardRefusal['reason']> {
  const after = (before?.amount ?? 0) + amount
  const available = (before?.availableAmount ?? 0) + (state === 'COMPLETED' ? amount : 0)
  if (!inRange(after) || !inRange(available)) return fail('amount/out_of_range')
  // Compared as the decimals they are shown as: a bound may have more places than the currency, or be beyond any amount.
  const shown = fromAmount(after)
  if (currency.maxAllowedBalance !== undefined && shown > currency.maxAllowedBalance) return fail('balance/above_maximum')
  if (currency.minAllowedBalance !== undefined && shown < currency.minAllowedBalance) return fail('balance/below_minimum')
  return ok({
    virtualCurrencyId: currency.virtualCurrencyId,
    amount: after,
    availableAmount: available,
    createdAtMs: before?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
  })
}
