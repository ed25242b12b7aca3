// Faults that a test or an operator asks of a tap: each rule says which requests it takes, how often, and what happens to
// them. A fault without `ms` waits for `release()`, so that a schedule is written in steps and never in sleeps.

export type Fault =
  /** The engine sees it later; the caller waits, or goes away: it is delivered all the same. */
  | { kind: 'delay'; ms?: number }
  /** The caller's connection is cut at once; the write lands later. */
  | { kind: 'late'; ms?: number }
  /** The engine handles it; the caller's connection is cut in place of the answer. */
  | { kind: 'drop-reply' }
  /** Delivered twice, one after the other; the caller gets the second answer. */
  | { kind: 'duplicate' }
  /** The connection is cut and the engine never sees it. */
  | { kind: 'cut' }
  /** Never answered and never delivered. */
  | { kind: 'hang' }
  /** Answered with this error; the engine never sees it. */
  | { kind: 'refuse'; status?: number; type?: string }

export interface Match {
  /** DynamoDB operations by name. All when absent. */
  operations?: string[]
  /** Only requests that write. */
  writes?: boolean
  /** Only requests whose body contains this text. */
  contains?: string
}

export interface RuleInput {
  match?: Match
  fault: Fault
  /** How many requests it takes; without end when absent. */
  times?: number
}

export interface SeenRequest {
  operation: string
  writes: boolean
  body: string
}

export interface Rule {
  readonly id: number
  readonly input: RuleInput
  /** Requests taken, and requests done with: the engine has answered, or never will. */
  readonly hits: number
  readonly done: number
  /** Lets everything this rule holds go on, and everything it will take. */
  release(): void
  remove(): void
  /** Settles when this many requests have been taken. */
  hit(count?: number): Promise<void>
  /** Settles when this many have been done with. */
  finished(count?: number): Promise<void>
}

export interface TakenRule extends Rule {
  /** Settles after the rule's `ms`, or when released. */
  wait(): Promise<void>
  finish(): void
}

export interface Faults {
  add(input: RuleInput): Rule
  get(id: number): Rule | undefined
  list(): Rule[]
  clear(): void
  /** The first rule that wants this request, counted as hit. */
  take(request: SeenRequest): TakenRule | undefined
}

export function createFaults(): Faults {
  const rules = new Map<number, TakenRule & { wants(request: SeenRequest): boolean; count(): void }>()
  let nextId = 1

  function add(input: RuleInput): Rule {
    const id = nextId++
    const released = Promise.withResolvers<void>()
    const hits = counter()
    const done = counter()
    const rule = {
      id,
      input,
      get hits() {
        return hits.value
      },
      get done() {
        return done.value
      },
      release: () => released.resolve(),
      remove: () => void rules.delete(id),
      hit: (count = 1) => hits.reaches(count),
      finished: (count = 1) => done.reaches(count),
      wants: (request: SeenRequest) => hits.value < (input.times ?? Number.POSITIVE_INFINITY) && matches(input.match ?? {}, request),
      count: () => hits.increment(),
      finish: () => done.increment(),
      async wait() {
        const ms = 'ms' in input.fault ? input.fault.ms : undefined
        const elapsed = ms === undefined ? [] : [new Promise<void>((resolve) => setTimeout(resolve, ms))]
        await Promise.race([released.promise, ...elapsed])
      },
    }
    rules.set(id, rule)
    return rule
  }

  return {
    add,
    get: (id) => rules.get(id),
    list: () => [...rules.values()],
    clear() {
      for (const rule of rules.values()) rule.release()
      rules.clear()
    },
    take(request) {
      for (const rule of rules.values()) {
        if (!rule.wants(request)) continue
        rule.count()
        return rule
      }
      return undefined
    },
  }
}

function matches(match: Match, request: SeenRequest): boolean {
  if (match.operations && !match.operations.includes(request.operation)) return false
  if (match.writes && !request.writes) return false
  return match.contains === undefined || request.body.includes(match.contains)
}

function counter() {
  let waiting: Array<{ count: number; resolve: () => void }> = []
  const it = {
    value: 0,
    increment() {
      it.value++
      for (const waiter of waiting) if (waiter.count <= it.value) waiter.resolve()
      waiting = waiting.filter((waiter) => waiter.count > it.value)
    },
    reaches(count: number): Promise<void> {
      if (count <= it.value) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ count, resolve }))
    },
  }
  return it
}
