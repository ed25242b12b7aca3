import { describe, expect, it } from 'vitest'
import { post } from '../../../../domain/ledger/post.ts'
import type { Balance } from '../../../../domain/player/types.ts'

const currency = { virtualCurrencyId: 'points', scale: 2 }
const balance = (amount: number, availableAmount = amount): Balance => ({
  virtualCurrencyId: 'points',
  amount,
  availableAmount,
  createdAtMs: 1,
  updatedAtMs: 2,
})

describe('post', () => {
  it('opens a balance, and counts what is pending in the amount alone', () => {
    expect(post(null, { currency, amount: 5, state: 'COMPLETED' }, 9)).toEqual({
      ok: true,
      value: { virtualCurrencyId: 'points', amount: 5, availableAmount: 5, createdAtMs: 9, updatedAtMs: 9 },
    })
    expect(post(balance(5), { currency, amount: 7, state: 'PENDING' }, 9)).toEqual({
      ok: true,
      value: { ...balance(12, 5), updatedAtMs: 9 },
    })
  })

  it('takes a bound itself and refuses what passes it', () => {
    const bounded = { ...currency, minAllowedBalance: 0.1, maxAllowedBalance: 0.3 }
    expect(post(balance(100_000), { currency: bounded, amount: 200_000, state: 'PENDING' }, 9).ok).toBe(true)
    expect(post(balance(100_000), { currency: bounded, amount: 200_001, state: 'PENDING' }, 9)).toEqual({
      ok: false,
      error: 'balance/above_maximum',
    })
    expect(post(balance(200_000), { currency: bounded, amount: -100_000, state: 'COMPLETED' }, 9).ok).toBe(true)
    expect(post(balance(200_000), { currency: bounded, amount: -100_001, state: 'COMPLETED' }, 9)).toEqual({
      ok: false,
      error: 'balance/below_minimum',
    })
    expect(post(null, { currency: bounded, amount: 50_000, state: 'COMPLETED' }, 9)).toEqual({ ok: false, error: 'balance/below_minimum' })
  })

  it('refuses a balance that cannot be held exactly', () => {
    expect(post(balance(1e15 - 1), { currency, amount: 1, state: 'COMPLETED' }, 9)).toEqual({ ok: false, error: 'amount/out_of_range' })
  })

  it('takes bounds beyond any amount as they are', () => {
    expect(post(null, { currency: { ...currency, maxAllowedBalance: 1e12 }, amount: 1, state: 'COMPLETED' }, 9).ok).toBe(true)
    expect(post(null, { currency: { ...currency, minAllowedBalance: 1e12 }, amount: 1, state: 'COMPLETED' }, 9).ok).toBe(false)
  })
})
