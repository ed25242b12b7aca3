// What is scarce in an isolate, shared out: between those who want much and those who want little, the impatient, the dead
// and the very heavy.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairShare, type FairShareLimits, type Place } from '../../../domain/limits/fair-share.ts'

const later = 1_000_000
const limits: FairShareLimits = { capacity: 12, perKey: 8, waitingPerKey: 20, waiting: 40 }

function shared(over: Partial<FairShareLimits> = {}) {
  const share = new FairShare({ ...limits, ...over })
  const ask = (key: string, weight: number, group?: string, believedUntilMs = later) =>
    share.ask({ key, weight, believedUntilMs, ...(group !== undefined && { group }) }, 0)
  const many = (count: number, key: string, weight: number) => Array.from({ length: count }, () => ask(key, weight))
  const end = (place: Place | undefined) => place && share.giveBack(place, 0)
  return { share, ask, many, end }
}
const states = (places: Place[]) => places.map(({ state }) => state).join(' ')

describe('one key', () => {
  test('has what it asks for, up to the bound of a key, and waits for the rest', () => {
    const { share, many, end } = shared()
    const places = many(5, 'a', 4)
    expect(states(places)).toBe('held held waiting waiting waiting')
    end(places[0])
    expect(states(places)).toBe('over held held waiting waiting')
    expect([share.held(), share.held('a'), share.waiting('a')]).toEqual([8, 8, 8])
  })

  test('is refused at once where its line is full', () => {
    const { many } = shared()
    expect(states(many(8, 'a', 4))).toBe('held held waiting waiting waiting waiting waiting over')
  })

  test('is refused at once where there is no line', () => {
    const { ask } = shared({ waiting: 0, waitingPerKey: 0 })
    expect(states([ask('a', 8), ask('b', 4), ask('c', 1)])).toBe('held held over')
  })

  test('is given back once, however often that is said', () => {
    const { share, ask, end } = shared()
    const place = ask('a', 4)
    for (let i = 0; i < 3; i++) end(place)
    expect([share.held(), share.waiting(), place.state]).toEqual([0, 0, 'over'])
  })
})

describe('several keys', () => {
  test('whoever comes new finds room at once, whatever another has asked for before', () => {
    const { ask, many } = shared()
    many(7, 'greedy', 4)
    expect(ask('small', 1).state).toBe('held')
  })

  test('the line of one refuses nobody else', () => {
    const { ask, many } = shared()
    many(100, 'greedy', 4)
    ask('b', 4)
    expect([ask('greedy', 4).state, ask('c', 4).state]).toEqual(['over', 'waiting'])
  })

  test('nobody is given more than their share while another waits', () => {
    const { share, ask, many, end } = shared({ perKey: 12 })
    const first = many(6, 'a', 2)
    const [mine, theirs] = [many(6, 'a', 2), [ask('b', 4), ask('b', 4)]]
    expect(states(theirs)).toBe('waiting waiting')
    for (const place of first.slice(0, 3)) end(place)
    // The six units that were freed: four to b, and two stand empty until there is room for its next four.
    expect([share.held('a'), share.held('b')]).toEqual([6, 4])
    expect([...mine, ...theirs].filter(({ state }) => state === 'held')).toEqual([theirs[0]])
  })

  test('take turns by weight: many light items for one heavy one', () => {
    const { ask, end } = shared({ capacity: 4, perKey: 4, waitingPerKey: 100, waiting: 200 })
    let busy = ask('z', 4)
    const given: Record<string, number> = { heavy: 0, light: 0 }
    const places = [...Array.from({ length: 10 }, () => ask('heavy', 4)), ...Array.from({ length: 40 }, () => ask('light', 1))]
    for (let turn = 0; turn < 8; turn++) {
      end(busy)
      for (const place of places.filter(({ state }) => state === 'held')) {
        given[place.key] = (given[place.key] ?? 0) + place.weight
        busy = place
        end(place)
      }
    }
    expect(Math.abs((given.heavy ?? 0) - (given.light ?? 0))).toBeLessThanOrEqual(4)
  })

  test('of a line that is full in all, the youngest of the longest gives way', () => {
    const { ask, many } = shared({ waitingPerKey: 40 })
    many(2, 'a', 6)
    ask('b', 6)
    const waiting = many(10, 'a', 4)
    // A six and eight fours: 38 of 40.
    expect(states(waiting)).toBe(`${'waiting '.repeat(8)}over over`)
    const newcomer = ask('c', 4)
    expect([newcomer.state, waiting.at(7)?.state, waiting.at(6)?.state]).toEqual(['waiting', 'over', 'waiting'])
  })
})

describe('what is heavier than everything', () => {
  test('is held alone, and in its turn', () => {
    const { share, ask, end } = shared()
    const [small, whale, after] = [ask('a', 1), ask('b', 100), ask('c', 1)]
    expect(states([small, whale, after])).toBe('held waiting waiting')
    end(small)
    expect([whale.state, after.state, share.held()]).toEqual(['held', 'waiting', 100])
    end(whale)
    expect(after.state).toBe('held')
  })

  test('waits, however short the line may be', () => {
    const { ask } = shared()
    ask('a', 1)
    const whale = ask('b', 100)
    expect([ask('b', 1).state, ask('c', 1).state, whale.state]).toEqual(['over', 'waiting', 'waiting'])
  })
})

describe('a group', () => {
  const groups = { anonymous: 6 }

  test('holds so much, whatever the keys, and its line holds up nobody else', () => {
    const { share, ask } = shared({ groups })
    expect(states([ask('a', 4, 'anonymous'), ask('b', 4, 'anonymous'), ask('c', 1, 'anonymous')])).toBe('held waiting waiting')
    expect(states([ask('d', 4), ask('e', 1)])).toBe('held held')
    expect(share.held()).toBe(9)
  })
})

describe('what is never given back', () => {
  test('runs out', () => {
    const { share, ask } = shared()
    for (const key of ['a', 'b', 'c']) ask(key, 4, undefined, 100)
    const place = ask('d', 4)
    expect(share.look(place, later, 99)).toBe('waiting')
    expect(share.look(place, later, 100)).toBe('held')
  })

  test('and a place in the line with it', () => {
    const { share, ask, many, end } = shared()
    const busy = ask('a', 8)
    const gone = ask('a', 8, undefined, 100)
    const place = ask('a', 8)
    expect(share.look(place, later, 100)).toBe('waiting')
    expect(gone.state).toBe('over')
    end(busy)
    expect(place.state).toBe('held')
    expect(states(many(1, 'b', 4))).toBe('held')
  })

  test('but for whoever says in time that it is still there', () => {
    const { share, ask } = shared()
    const place = ask('a', 8, undefined, 100)
    expect(share.look(place, 200, 99)).toBe('held')
    ask('b', 8)
    expect(share.look(place, 300, 150)).toBe('held')
  })
})

type Step = { kind: 'ask'; key: string; weight: number; group: boolean } | { kind: 'end' | 'look' | 'late'; at: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('ask' as const),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    weight: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 })),
    group: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('end' as const, 'look' as const, 'late' as const), at: fc.nat(60) }),
)

describe('in any order of calls', () => {
  test('all bounds hold, sums are right, and in the end everybody who waits is served', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const groups = { anonymous: 6 }
        const share = new FairShare({ ...limits, groups })
        const places: Place[] = []
        let nowMs = 0
        for (const one of steps) {
          const before = new Set(places.filter(({ state }) => state === 'held'))
          if (one.kind === 'ask') {
            const { key, weight, group } = one
            places.push(share.ask({ key, weight, believedUntilMs: nowMs + 50, ...(group && { group: 'anonymous' }) }, nowMs))
          } else {
            const place = places[one.at % Math.max(1, places.length)]
            if (one.kind === 'late') nowMs += one.at
            else if (place && one.kind === 'end') share.giveBack(place, nowMs)
            else if (place) share.look(place, nowMs + 50, nowMs)
          }
          const held = places.filter(({ state }) => state === 'held')
          const sum = (of: Place[]) => of.reduce((total, { weight }) => total + weight, 0)
          const inLine = (of: Place[]) => of.reduce((total, { weight }) => total + Math.min(weight, limits.waitingPerKey), 0)
          const alone = (of: Place[]) => of.length <= 1
          expect(share.held()).toBe(sum(held))
          expect(share.waiting()).toBe(inLine(places.filter(({ state }) => state === 'waiting')))
          expect(sum(held) <= limits.capacity || alone(held)).toBe(true)
          for (const key of ['a', 'b', 'c', 'd']) {
            const own = held.filter((place) => place.key === key)
            expect(sum(own) <= limits.perKey || alone(own)).toBe(true)
            const line = places.filter((place) => place.key === key && place.state === 'waiting')
            expect(inLine(line)).toBeLessThanOrEqual(limits.waitingPerKey)
          }
          const anonymous = held.filter(({ group }) => group === 'anonymous')
          expect(sum(anonymous) <= groups.anonymous || alone(anonymous)).toBe(true)
          // In their own line nobody overtakes.
          for (const place of held) {
            if (before.has(place)) continue
            const ahead = places.filter(({ key, group, order }) => key === place.key && group === place.group && order < place.order)
            expect(ahead.every(({ state }) => state !== 'waiting')).toBe(true)
          }
        }
        const left = () => places.filter(({ state }) => state === 'waiting')
        for (let i = 0; left().length > 0 && i < 200; i++) {
          for (const place of left()) share.look(place, nowMs + 50, nowMs)
          const oldest = places.find(({ state }) => state === 'held')
          if (oldest) share.giveBack(oldest, nowMs)
        }
        expect(left()).toEqual([])
        for (const place of places) share.giveBack(place, nowMs)
        expect([share.held(), share.waiting()]).toEqual([0, 0])
      }),
      { numRuns: 300 },
    )
  })

  test('nobody starves: a heavy item is served though fresh keys with light ones never stop coming', () => {
    const share = new FairShare({ capacity: 12, perKey: 12, waitingPerKey: 100, waiting: 1000 })
    const ask = (key: string, weight: number) => share.ask({ key, weight, believedUntilMs: later }, 0)
    const first = ask('first', 12)
    const before = ask('heavy', 12)
    let busy = [ask('light', 1)]
    // Served while another waited: it has had more than its turn.
    share.giveBack(first, 0)
    share.giveBack(before, 0)
    const heavy = ask('heavy', 12)
    expect([busy[0]?.state, heavy.state]).toEqual(['held', 'waiting'])
    let turns = 0
    for (; heavy.state === 'waiting' && turns < 1000; turns++) {
      busy.push(ask(`fresh${turns}`, 1))
      const oldest = busy.find(({ state }) => state === 'held')
      if (oldest) share.giveBack(oldest, 0)
      busy = busy.filter(({ state }) => state !== 'over')
    }
    expect(heavy.state).toBe('held')
    expect(turns).toBeLessThan(500)
  })
})
