// What a local platform keeps is its owner's alone, also what an earlier start left open; and nothing else is touched.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeToOthers, stateDir } from '../../../scripts/local/state-dir.ts'

let dir: string
let umask: number
beforeEach(() => {
  umask = process.umask(0o022)
  dir = mkdtempSync(join(tmpdir(), 'laurel-state-'))
})
afterEach(() => {
  process.umask(umask)
  rmSync(dir, { recursive: true })
})

const modeOf = (name: string) => (statSync(join(dir, name)).mode & 0o777).toString(8)
const open = (name: string, mode: number) => chmodSync(join(dir, name), mode)

test('a directory that was left open is closed, and what is made from then on', () => {
  for (const name of ['logs', 'worker', 'theirs']) mkdirSync(join(dir, name))
  for (const name of ['logs/worker.log', 'run.json', 'theirs.txt']) writeFileSync(join(dir, name), '')
  writeFileSync(join(dir, 'theirs/key'), '')
  symlinkSync(join(dir, 'theirs'), join(dir, 'keys'))
  open('.', 0o755)
  closeToOthers(stateDir(dir))
  writeFileSync(join(dir, 'logs/region-eu-west-1.log'), '')
  mkdirSync(join(dir, 'taps'))
  const modes = ['logs', 'logs/worker.log', 'logs/region-eu-west-1.log', 'worker', 'run.json', 'taps'].map(modeOf)
  expect(modes).toEqual(['700', '600', '600', '700', '600', '700'])
  // LAUREL_DIR may be a place that holds other things.
  expect(['.', 'theirs', 'theirs/key', 'theirs.txt'].map(modeOf)).toEqual(['755', '755', '644', '644'])
})

test('a directory that is not there yet is made for its owner alone', () => {
  closeToOthers(stateDir(join(dir, 'new/.laurel')))
  expect(modeOf('new/.laurel')).toBe('700')
})
