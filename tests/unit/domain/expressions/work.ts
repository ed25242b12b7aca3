// Counts what the runtime's own functions on texts and lists have to look at while something runs: characters, elements,
// and a little for each step of the engine. It knows nothing of operators or charges, so it cannot agree with a wrong one
// by mistake. What it cannot see are comparisons of two texts.

import { Temporal } from 'temporal-polyfill'
import { BoundedEngine } from '../../../../domain/expressions/engine.ts'

type Native = (this: unknown, ...args: unknown[]) => unknown
type Cost = (self: { length: number }, args: unknown[]) => number

const lengthOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 1)
const through: Cost = (self) => 1 + self.length
const one: Cost = () => 1
/** The runtime's search, at its worst. */
const product: Cost = (self, [wanted]) => 1 + self.length * Math.max(1, lengthOf(wanted))
const elements: Cost = (self) => {
  let sum = 1 + self.length
  for (let index = 0; index < self.length; index++) sum += lengthOf((self as unknown as unknown[])[index])
  return sum
}

/** Only a text is held against texts. */
const sought: Cost = (self, args) => (typeof args[0] === 'string' ? elements : through)(self, args)

const texts: Record<string, Cost> = {
  ...{ includes: product, indexOf: product, lastIndexOf: product, search: product, replaceAll: product, match: product },
  ...{ split: through, trim: through, toLowerCase: through, toUpperCase: through, normalize: through, replace: through },
  ...{ charCodeAt: one, charAt: one, at: one, slice: one, substr: one, substring: one },
  concat: (self, args) => self.length + args.reduce<number>((sum, each) => sum + lengthOf(each), 0),
}
const lists: Record<string | symbol, Cost> = {
  ...{ join: elements, toString: elements, flat: elements, includes: sought, indexOf: sought, concat: elements },
  ...{ slice: through, shift: through },
  // Their elements count as they are asked for.
  ...{ map: one, filter: one, every: one, some: one, reduce: one, forEach: one },
  ...{ push: one, [Symbol.iterator]: through },
}

/** Units of work: about two nanoseconds each. */
export function workOf(run: () => void): number {
  let work = 0
  let isCounting = true
  const undo: (() => void)[] = []
  const count = (owner: object, name: string | symbol, cost: Cost) => {
    const native = Reflect.get(owner, name) as Native
    const counted: Native = function (this: unknown, ...args) {
      if (isCounting) {
        // Counting looks at lists too.
        isCounting = false
        work += cost(this as { length: number }, args)
        isCounting = true
      }
      // No pattern and no spread in here: they would iterate lists by what is being replaced.
      const asked = args[0]
      if (typeof asked === 'function' && owner === Array.prototype)
        args[0] = (...of: unknown[]) => {
          work += 1
          return Reflect.apply(asked, undefined, of)
        }
      return Reflect.apply(native, this, args)
    }
    Object.defineProperty(owner, name, { value: counted, configurable: true, writable: true })
    undo.unshift(() => Object.defineProperty(owner, name, { value: native, configurable: true, writable: true }))
  }
  for (const name of Reflect.ownKeys(texts)) count(String.prototype, name, texts[name as string] as Cost)
  for (const name of Reflect.ownKeys(lists)) count(Array.prototype, name, lists[name] as Cost)
  count(RegExp.prototype, 'exec', (_self, [text]) => 1 + lengthOf(text))
  // A date costs some ten microseconds to read, and to find in a zone.
  for (const name of ['from', 'fromEpochMilliseconds']) count(Temporal.Instant, name, () => 1000)
  count(Temporal.PlainDate, 'from', () => 1000)
  count(Temporal.Instant.prototype, 'toZonedDateTimeISO', () => 4000)
  count(Temporal.PlainDate.prototype, 'toZonedDateTime', () => 4000)
  count(BoundedEngine.prototype, 'run', () => 4)
  const numbers = globalThis.Number
  // Every digit of a text may decide how the number is rounded.
  globalThis.Number = new Proxy(numbers, {
    apply(target, self, args: unknown[]) {
      work += typeof args[0] === 'string' ? 8 * args[0].length : 1
      return Reflect.apply(target, self, args)
    },
  })
  try {
    run()
  } finally {
    globalThis.Number = numbers
    for (const back of undo) back()
  }
  return work
}
