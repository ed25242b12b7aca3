// What the ranking costs in process, without a Worker around it: `node bench/leaderboard/ranking.ts [members]`.
// Scores are spread as in a game that has run a while (a power law, so ties are many at the bottom).

import type { Member } from '../../durable-objects/leaderboard/order.ts'
import { Ranking } from '../../durable-objects/leaderboard/ranking.ts'

const size = Number(process.argv[2] ?? 100_000)
const operations = 200_000

let state = 1
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 4_294_967_296
}
const member = (n: number): Member => ({ id: `user-${n}`, name: `Name ${n}`, score: Math.floor(1e9 * random() ** 6) })
const anyId = () => `user-${Math.floor(random() * size)}`

function measure(what: string, times: number, run: (n: number) => void): void {
  const startedAt = performance.now()
  for (let n = 0; n < times; n++) run(n)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(
    `${what.padEnd(12)} ${Math.round(times / seconds)
      .toLocaleString('en')
      .padStart(12)} a second`,
  )
}

const members = Array.from({ length: size }, (_, n) => member(n))
const before = process.memoryUsage().heapUsed
const builtAt = performance.now()
const ranking = Ranking.from(members)
console.log(
  `${size} members built in ${Math.round(performance.now() - builtAt)} ms, ${Math.round((process.memoryUsage().heapUsed - before) / size)} bytes each`,
)
measure('update', operations, () => ranking.upsert(member(Math.floor(random() * size))))
measure('rank', operations, () => ranking.rank(anyId()))
measure('top 10', operations, () => ranking.page(0, 10))
measure('page', operations, () => ranking.page(Math.floor(random() * size), 10))
measure('around 5', operations, () => ranking.around(anyId(), 5))
