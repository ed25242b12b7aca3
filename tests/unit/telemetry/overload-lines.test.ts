import { expect, test } from 'vitest'
import { overloadLines } from '../../../workers/edge/telemetry/overload-lines.ts'

test('ten thousand refusals of one workspace in a second are one line, and the next says how many it stands for', () => {
  const line = overloadLines()
  expect(line('w', 0)).toEqual({})
  for (let i = 1; i < 10_000; i++) expect(line('w', i / 20)).toBeNull()
  expect(line('other', 500)).toEqual({})
  expect(line('w', 1_000)).toEqual({ leftOut: 9_999 })
  expect(line('w', 2_000)).toEqual({})
})

test('however many workspaces, few are remembered', () => {
  const line = overloadLines()
  line('first', 0)
  for (let i = 0; i < 500; i++) line(`w${i}`, 0)
  expect(line('first', 1)).toEqual({})
})
