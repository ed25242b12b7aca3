import { expect, test } from 'vitest'
import { noHold, releaseHold, takeHold } from '../../../durable-objects/upload/hold.ts'

function keeper() {
  let holding = noHold
  return {
    take(holder: string, nowMs: number) {
      const taken = takeHold(holding, holder, 10, nowMs)
      holding = taken.holding
      return taken.hold
    },
    release(holder: string) {
      holding = releaseHold(holding, holder)
    },
  }
}

const held = { isHeld: true, isWanted: false }

test('one holds it at a time, and is told that another wants it', () => {
  const one = keeper()
  expect([one.take('a', 0), one.take('b', 1), one.take('a', 2)]).toEqual([
    held,
    { isHeld: false, isWanted: true },
    { isHeld: true, isWanted: true },
  ])
})

test('who asks again holds on from then; who is silent loses it', () => {
  const one = keeper()
  one.take('a', 0)
  one.take('a', 9)
  expect([one.take('b', 18), one.take('b', 19), one.take('a', 20)]).toEqual([
    { isHeld: false, isWanted: true },
    held,
    { isHeld: false, isWanted: true },
  ])
})

test('only the holder can let go', () => {
  const one = keeper()
  one.take('a', 0)
  one.release('b')
  expect(one.take('b', 1).isHeld).toBe(false)
  one.release('a')
  expect(one.take('b', 2)).toEqual(held)
})
