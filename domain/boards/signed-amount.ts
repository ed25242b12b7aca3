// What a ledger line adds to a balance or a score, in millionths. Pending lines count: a score is earned, not redeemed.

import type { Amount } from '../ledger/amount.ts'
import type { LedgerLine } from '../player/types.ts'

export const signedAmount = (line: Pick<LedgerLine, 'amount' | 'direction'>): Amount =>
  line.direction === 'CREDIT' ? line.amount : 0 - line.amount
