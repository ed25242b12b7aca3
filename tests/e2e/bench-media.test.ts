// The benchmark of media itself, too short to say anything about speed: everything answers with the right bytes and is counted,
// and an object that goes through in parts comes out as it was. `npm run bench:media` says the rest.

import { expect, test } from 'vitest'
import { mediaParts, runMediaBench } from '../../bench/media/bench.ts'
import { nginxName } from '../../bench/media/delivery-variants.ts'
import { isFlat } from '../../bench/media/streaming.ts'

test('everything that the benchmark of media measures answers right and is counted', async () => {
  const { groups, nginx, flow } = await runMediaBench({ extent: 'smoke', parts: [...mediaParts], say: () => {} })
  const bare = ['bare Worker, from memory', ...(nginx ? [nginxName] : [])]
  const read = [...bare, 'bare Worker, Cache API', 'public media, cached', 'bare Worker, R2', 'private media, not cached']
  const known = [...bare, 'public media, cached', 'private media, not cached']
  expect(groups.map(({ title, lines }) => [title, lines.map(({ name }) => name)])).toEqual([
    ['4 KiB', read],
    ['1 MiB', read],
    ['64 KiB out of 8 MiB', read],
    ['304 for 1 MiB', known],
    ['HEAD of 1 MiB', known],
  ])
  for (const { title, lines } of groups)
    for (const { name, requestsASecond } of lines) expect(requestsASecond, `${title}, ${name}`).toBeGreaterThan(0)
  expect(flow?.stages.map(({ isRight }) => isRight)).toEqual([true, true, true])
  expect(flow && isFlat(flow)).toBe(true)
})
