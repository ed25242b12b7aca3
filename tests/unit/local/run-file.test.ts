// The run file is believed only about processes that are still the very ones it names.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, isStillRunning } from '../../../scripts/local/processes.ts'
import { claimRun, liveRun, type Part, partOf, type Run, writeRun } from '../../../scripts/local/run-file.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'laurel-run-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const file = () => join(dir, 'run.json')
const run = (...parts: Part[]): Run => ({
  version: 1,
  startedAt: '2026-11-21T00:00:00Z',
  baseUrl: 'http://localhost:1',
  dir,
  ready: true,
  parts,
})
const sleeper = async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('spawn', resolve))
  return { pid: child.pid ?? 0, exited: new Promise((resolve) => child.once('exit', resolve)), end: () => child.kill('SIGKILL') }
}

test('a live platform is in the way, whoever asks, and is not touched', async () => {
  const platform = partOf('platform', process.pid)
  expect(await claimRun(file(), run(platform), () => {})).toBeUndefined()
  expect(liveRun(file())?.parts).toEqual([platform])
  const ended: string[] = []
  const other = await claimRun(file(), run(partOf('platform', process.ppid)), (part) => ended.push(part.name))
  expect(other?.parts).toEqual([platform])
  expect(ended).toEqual([])
})

test('what a dead platform left is ended; a stranger with its number is not', async () => {
  const [left, stranger] = [await sleeper(), await sleeper()]
  const dead = { ...partOf('platform', process.pid), started: 'before the flood' }
  const renumbered = { ...partOf('worker', stranger.pid), started: '1' }
  const rewritten = { ...partOf('worker too', stranger.pid), commandLine: 'something else' }
  writeRun(file(), run(dead, partOf('engine', left.pid), renumbered, rewritten))
  expect(liveRun(file())).toBeUndefined()
  const ended: string[] = []
  expect(await claimRun(file(), run(partOf('platform', process.pid)), (part) => ended.push(part.name))).toBeUndefined()
  await left.exited
  expect(ended).toEqual(['engine'])
  expect(identify(stranger.pid)).toBeDefined()
  stranger.end()
  await stranger.exited
})

test('of two starts at once, one has the directory', async () => {
  const platform = partOf('platform', process.pid)
  const outcomes = await Promise.all([claimRun(file(), run(platform), () => {}), claimRun(file(), run(platform), () => {})])
  expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1)
})

test('a process that has ended is not running', async () => {
  const child = await sleeper()
  const part = partOf('part', child.pid)
  expect(isStillRunning(part)).toBe(true)
  child.end()
  await child.exited
  expect(isStillRunning(part)).toBe(false)
  expect(() => partOf('part', child.pid)).toThrow('not running')
})
