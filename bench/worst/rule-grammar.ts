// Expressions that the checker accepts, grown at random from a seed and changed a little, to search for the worst of
// them: whatever sizes texts and lists may have in an event's additionalData.

import { checkExpression } from '../../domain/expressions/check.ts'
import { matchConditionContext } from '../../domain/rules/contexts.ts'

export type Random = () => number

/** mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Candidate {
  expression: unknown
  additionalData: Record<string, unknown>
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Casablanca']
/** The digits decide how it is rounded: the slowest to read. */
const halfway = `9007199254740993${'0'.repeat(44)}e-77`

/** What stands in additionalData, below 16 KiB in sum. */
const fillings: ((random: Random) => unknown)[] = [
  (random) => 'a'.repeat(Math.floor(random() * 15_000)),
  (random) => `${'a'.repeat(Math.floor(random() * 7000))}b${'a'.repeat(Math.floor(random() * 7000))}`,
  (random) => times(Math.floor(random() * 7000), () => 1),
  (random) => times(Math.floor(random() * 120), () => 'a'.repeat(100)),
  (random) => times(Math.floor(random() * 200), () => halfway),
  (random) => times(Math.floor(random() * 400), (index) => `19${10 + (index % 90)}-03-28T02:30:00+01:00`),
  () => [...zones, ...zones.map((zone) => zone.toUpperCase())],
  (random) => times(Math.floor(random() * 1000), () => [1, 'a']),
  () => halfway,
  () => pick(() => 0, zones),
  () => '2026-03-28',
  (random) => random() * 1e15,
]
const names = ['a', 'b', 'c'] as const

function fill(random: Random): Record<string, unknown> {
  for (;;) {
    const data = Object.fromEntries(names.map((name) => [name, pick(random, fillings)(random)]))
    if (JSON.stringify(data).length <= 16 * 1024) return data
  }
}

const paths = [
  '',
  'current',
  'accumulator',
  'event.tags',
  'event.value',
  ...names.flatMap((name) => [`event.additionalData.${name}`, `event.additionalData.${name}.0`]),
]
const literals = [0, 1, -1, 12, 'a', '', '5', halfway, 'UTC', '2026-01-01', 'x'.repeat(300), null, true]

const grown: { [operator: string]: [least: number, most: number] } = {
  ...{ if: [3, 5], and: [1, 4], or: [1, 4], '!': [1, 1], '!!': [1, 1], '==': [2, 2], '!=': [2, 2], '===': [2, 2], '!==': [2, 2] },
  ...{ '<': [2, 3], '<=': [2, 3], '>': [2, 3], '>=': [2, 3], '+': [1, 4], '*': [1, 4], '-': [1, 2], '/': [2, 2], '%': [2, 2] },
  ...{ min: [1, 4], max: [1, 4], abs: [1, 1], floor: [1, 1], ceil: [1, 1], round: [1, 1], sqrt: [1, 1], pow: [2, 2] },
  ...{ map: [2, 2], filter: [2, 2], all: [2, 2], some: [2, 2], none: [2, 2], reduce: [3, 3], merge: [1, 4], in: [2, 2], cat: [1, 4] },
  ...{
    substr: [2, 3],
    date: [1, 2],
    dateDiffDays: [2, 3],
    year: [1, 2],
    month: [1, 2],
    dayOfMonth: [1, 2],
    dayOfWeek: [1, 2],
    hour: [1, 2],
  },
}
const operators = Object.keys(grown)
export const grownOperators: readonly string[] = [...operators, 'var', 'missing', 'missing_some', '?:']

function grow(random: Random, depth: number): unknown {
  const chance = random()
  if (depth === 0 || chance < 0.1) return random() < 0.7 ? { var: pick(random, paths) } : pick(random, literals)
  if (chance < 0.14) return { missing: times(1 + Math.floor(random() * 50), () => pick(random, paths)) }
  if (chance < 0.16) return { missing_some: [1, times(50, () => pick(random, paths))] }
  // One value for a list: the elements of a variable are the operands.
  const operator = pick(random, operators)
  const [least, most] = grown[operator] as [number, number]
  if (chance < 0.25 && least === 1 && operator !== 'and' && operator !== 'or') return { [operator]: grow(random, depth - 1) }
  const operands = times(least + Math.floor(random() * (most - least + 1)), () => grow(random, depth - 1))
  // The same again and again costs the author little.
  const isRepeated = most > 3 && random() < 0.2
  return { [operator]: isRepeated ? times(40, () => operands[0]) : operands }
}

/** One part of it grown anew. */
function change(random: Random, expression: unknown): unknown {
  if (typeof expression !== 'object' || expression === null || random() < 0.2) return grow(random, 1 + Math.floor(random() * 4))
  if (Array.isArray(expression)) {
    const at = Math.floor(random() * expression.length)
    return expression.map((element, index) => (index === at ? change(random, element) : element))
  }
  const [[name, operands] = ['', null]] = Object.entries(expression)
  return name === 'var' || name.startsWith('missing') ? grow(random, 2) : { [name]: change(random, operands) }
}

const isAccepted = (expression: unknown): boolean =>
  checkExpression(expression, { context: matchConditionContext, result: 'boolean' }, '').length === 0

export function growCandidate(random: Random): Candidate {
  for (;;) {
    const expression = grow(random, 2 + Math.floor(random() * 4))
    if (isAccepted(expression)) return { expression, additionalData: fill(random) }
  }
}

export function changeCandidate(random: Random, { expression, additionalData }: Candidate): Candidate {
  if (random() < 0.25) return { expression, additionalData: fill(random) }
  for (;;) {
    const changed = change(random, expression)
    if (isAccepted(changed)) return { expression: changed, additionalData }
  }
}

/** Climbs from the best of some, `tries` changes in all; what is as bad is kept, so that it moves on level ground. */
export function climb(random: Random, tries: number, badness: (candidate: Candidate) => number): { worst: Candidate; badness: number } {
  let worst = growCandidate(random)
  let height = badness(worst)
  for (let index = 1; index < tries; index++) {
    const next = index < tries / 4 ? growCandidate(random) : changeCandidate(random, worst)
    const found = badness(next)
    if (found >= height) [worst, height] = [next, found]
  }
  return { worst, badness: height }
}
