// Many requests on each of many idempotency keys, and what the answers of one key have in common.

import type { Ask, InsistentClient, Reply } from './insistent-client.ts'

export interface KeyedRequest extends Ask {
  key: string
}

/** Of one key. Distinct texts only: a hundred thousand answers need not be kept. */
export interface Answers {
  statuses: Set<number>
  bodies: Set<string>
  headers: Set<string>
  /** Not marked as a replay: at most one, and none where the kill took the first answer with it. */
  first: number
  replays: number
}

/** Each request its own; docs/idempotency.md lists them. */
const perRequest = new Set([
  'x-request-id',
  'date',
  'x-idempotency-cache-hit',
  'x-durability',
  'ratelimit',
  'ratelimit-policy',
  'server-timing',
  'traceparent',
  'traceresponse',
])

export const noAnswers = (): Answers => ({ statuses: new Set(), bodies: new Set(), headers: new Set(), first: 0, replays: 0 })

export function tally(answers: Answers, { status, headers, text }: Reply): void {
  answers.statuses.add(status)
  answers.bodies.add(text)
  const shared = Object.entries(headers).filter(([name]) => !perRequest.has(name))
  answers.headers.add(JSON.stringify(shared.sort(([a], [b]) => (a < b ? -1 : 1))))
  if (headers['x-idempotency-cache-hit'] === 'true') answers.replays += 1
  else answers.first += 1
}

/** Sends every request `times` times at once, `atOnce` keys at a time. `onAnswer` hears how many answers there are. */
export async function sendAll(
  client: InsistentClient,
  requests: KeyedRequest[],
  { times, atOnce, onAnswer }: { times: number; atOnce: number; onAnswer: (count: number) => void },
): Promise<Map<string, Answers>> {
  const all = new Map<string, Answers>()
  const waiting = requests.values()
  let count = 0
  async function one(asked: KeyedRequest): Promise<void> {
    const answers = noAnswers()
    all.set(asked.key, answers)
    const { key, ...ask } = asked
    const keyed = { ...ask, headers: { ...ask.headers, 'x-idempotency-key': key } }
    await Promise.all(
      Array.from({ length: times }, async () => {
        tally(answers, await client.send(keyed))
        count += 1
        onAnswer(count)
      }),
    )
  }
  const worker = async () => {
    for (const asked of waiting) await one(asked)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return all
}
