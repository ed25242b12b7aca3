// The benchmark itself, too short to say anything about speed: every variant that needs workerd alone answers what it
// should and is counted. `npm run bench -- --smoke` does the same with the whole platform.

import { expect, test } from 'vitest'
import { runBench } from '../../../bench/edge/bench.ts'

test('every variant of the edge answers right and is counted', { timeout: 120_000 }, async () => {
  const { lines, rounds } = await runBench({ extent: 'smoke', hasPlatform: false, say: () => {} })
  expect(lines.map(({ name }) => name)).toEqual([
    'bare',
    'token, unknown, RS256',
    'token, unknown, ES256',
    'token, remembered',
    '… + policy',
    '… + rate limit, busy principal',
    'whole pipeline, empty route',
    'empty object call',
    'the same, a rank in and out',
    'rank read',
    '… + rate limit, 1/s each',
    '… + rate limit, 10/s each',
    '… + rate limit, 100/s each',
  ])
  for (const { name } of lines)
    expect(
      rounds[name]?.map(({ requests }) => requests > 0),
      name,
    ).toContain(true)
})
