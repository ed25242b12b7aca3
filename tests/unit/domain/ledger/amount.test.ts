import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountLimit, fromAmount, inRange, toAmount } from '../../../../domain/ledger/amount.ts'

/** Half away from zero on the shortest decimal, in whole numbers without bound. */
function reference(value: number, scale: number): number | null {
  const [mantissa = '0', exponent = '0'] = String(Math.abs(value)).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const power = Number(exponent) - fraction.length + scale
  const digits = BigInt(whole + fraction)
  const divisor = 10n ** BigInt(Math.max(0, -power))
  const scaled = digits * 10n ** BigInt(Math.max(0, power))
  const rounded = scaled / divisor + (2n * (scaled % divisor) >= divisor ? 1n : 0n)
  const amount = Number(rounded * 10n ** BigInt(6 - scale)) * Math.sign(value)
  return Math.abs(amount) < amountLimit ? amount + 0 : null
}

describe('toAmount', () => {
  it.each([
    [0.1 + 0.2, 6, 300_000],
    [1 / 3, 6, 333_333],
    [2 / 3, 6, 666_667],
    [2 / 3, 0, 1_000_000],
    [1.005, 2, 1_010_000],
    [-1.005, 2, -1_010_000],
    [0.5, 0, 1_000_000],
    [-0.5, 0, -1_000_000],
    [0.49999999999999994, 0, 0],
    [2.5, 0, 3_000_000],
    [1e-7, 6, 0],
    [5e-7, 6, 1],
    [4.9999999e-7, 6, 0],
    [5e-324, 6, 0],
    [123e-7, 6, 12],
    [999_999_999.999999, 6, 999_999_999_999_999],
    [342_378_494.25256747, 6, 342_378_494_252_567],
    [298_136_725.91039747, 6, 298_136_725_910_397],
  ])('%d at scale %d is %d millionths', (value, scale, amount) => {
    expect(toAmount(value, scale)).toBe(amount)
  })

  it('is null out of range and for what is no finite number', () => {
    for (const value of [1e9, -1e9, 999_999_999.9999995, 1e21, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY])
      expect(toAmount(value)).toBeNull()
  })

  it('never makes -0', () => {
    for (const value of [-0, -1e-7, -1e-300]) expect(Object.is(toAmount(value), 0)).toBe(true)
  })

  it('agrees with exact arithmetic for every double in range and every scale', () => {
    const anywhere = fc.double({ min: -1e9, max: 1e9, minExcluded: true, maxExcluded: true, noNaN: true })
    const large = fc.double({ min: 1e8, max: 1e9, maxExcluded: true, noNaN: true })
    const decimal = fc
      .tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: 7, max: 22 }))
      .map(([n, places]) => Number(`${n}e-${places}`))
    const values = fc.oneof(anywhere, large, decimal)
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 6 }), (value, scale) => {
        expect(toAmount(value, scale)).toBe(reference(value, scale))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('fromAmount', () => {
  it('shows a decimal that reads back as the same amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 - amountLimit, max: amountLimit - 1 }), (amount) => {
        const shown = JSON.parse(JSON.stringify(fromAmount(amount))) as number
        expect(toAmount(shown)).toBe(amount + 0)
        expect(inRange(amount)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
