import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentBytes } from '../../../workers/media/recent-bytes.ts'

const bytes = (length: number) => new Uint8Array(length)

test('what was used last stays, within the budget', () => {
  const recent = new RecentBytes(100)
  recent.set('a', bytes(40), 10)
  recent.set('b', bytes(40), 10)
  expect(recent.get('a', 0)).toHaveLength(40)
  recent.set('c', bytes(30), 10)
  expect(['a', 'b', 'c'].map((key) => recent.get(key, 0)?.length)).toEqual([40, undefined, 30])
})

test('of one owner too', () => {
  const recent = new RecentBytes(100)
  recent.set('w/a', bytes(40), 10)
  recent.set('w/b', bytes(40), 10)
  recent.get('w/a', 0)
  recent.set('w/c', bytes(30), 10)
  expect(['w/a', 'w/b', 'w/c'].map((key) => recent.get(key, 0)?.length)).toEqual([40, undefined, 30])
})

test('an owner of many pushes out its own, and not the few of another', () => {
  const recent = new RecentBytes(100)
  recent.set('small/thumbnail', bytes(10), 10)
  for (let i = 0; i < 1000; i++) recent.set(`greedy/${i}`, bytes(10), 10)
  expect(recent.get('small/thumbnail', 0)).toHaveLength(10)
  expect(recent.get('greedy/999', 0)).toHaveLength(10)
  // And nobody keeps more than they may where others come.
  for (let i = 0; i < 9; i++) recent.set(`other/${i}`, bytes(10), 10)
  const held = (name: string) => Array.from({ length: 1000 }, (_, i) => recent.get(`${name}/${i}`, 0)).filter((one) => one).length
  expect([held('greedy'), held('other')]).toEqual([4, 5])
})

test('each is over at its moment', () => {
  const recent = new RecentBytes(100)
  recent.set('a', bytes(1), 10)
  expect([recent.get('a', 9)?.length, recent.get('a', 10), recent.get('a', 9)]).toEqual([1, undefined, undefined])
})

test('what is larger than the budget is not held, and takes the place of nothing', () => {
  const recent = new RecentBytes(100)
  recent.set('a', bytes(100), 10)
  recent.set('b', bytes(101), 10)
  expect([recent.get('a', 0)?.length, recent.get('b', 0)]).toEqual([100, undefined])
})

test('no order of calls holds more than the budget, or forgets what fits', () => {
  const calls = fc.array(
    fc.record({ key: fc.constantFrom('x/a', 'x/b', 'y/c', 'd'), length: fc.integer({ min: 0, max: 60 }), isDelete: fc.boolean() }),
  )
  fc.assert(
    fc.property(calls, (all) => {
      const recent = new RecentBytes(100)
      for (const { key, length, isDelete } of all) {
        if (isDelete) recent.delete(key)
        else recent.set(key, bytes(length), 10)
        const held = ['x/a', 'x/b', 'y/c', 'd'].map((one) => recent.get(one, 0)?.length ?? 0).reduce((sum, one) => sum + one, 0)
        expect(held).toBeLessThanOrEqual(100)
        expect(recent.get(key, 0)?.length).toBe(isDelete ? undefined : length)
      }
    }),
  )
})
