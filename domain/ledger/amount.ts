// Exact decimal amounts. An Amount is a whole number of millionths: a safe integer, so adding is exact and no binary
// fraction is ever stored. A currency declares its scale (0 to 6 decimal places); amounts are rounded to it, half away
// from zero, once: when an expression's result becomes a ledger line.
//
// Trade-off: |amount| stays below 10^9, so that 15 significant digits hold it and JSON numbers carry it unchanged.

export type Amount = number

export const amountScale = 6
const unit = 10 ** amountScale
/** In millionths; the first magnitude that is refused. */
export const amountLimit = 1e15

/**
 * Rounds a finite number to `scale` places; null when it is not finite or out of range. Decides on the digits of the
 * shortest decimal that names the number, so 1.005 at scale 2 is 1.01. Digits and not a product: for large amounts
 * the double next to n + 0.47 is n + 0.5, and 342378494.25256747 would come out one millionth too high.
 */
export function toAmount(value: number, scale: number = amountScale): Amount | null {
  if (!Number.isFinite(value) || Math.abs(value) >= amountLimit / unit) return null
  const [mantissa = '0', exponent = '0'] = String(Math.abs(value)).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const digits = whole + fraction
  const kept = whole.length + Number(exponent) + scale
  if (kept < 0) return 0
  const truncated = Number(digits.slice(0, kept).padEnd(kept, '0'))
  const rounded = (digits[kept] ?? '0') >= '5' ? truncated + 1 : truncated
  const amount = Math.sign(value) * rounded * 10 ** (amountScale - scale)
  // + 0: a balance is never -0, which JSON and === would show in different ways.
  return inRange(amount) ? amount + 0 : null
}

export const inRange = (amount: Amount): boolean => Number.isSafeInteger(amount) && Math.abs(amount) < amountLimit

/** The decimal a client sees. Division of a safe integer below 10^15 by 10^6 prints as the exact decimal. */
export const fromAmount = (amount: Amount): number => amount / unit
