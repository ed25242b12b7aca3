// Where a local platform keeps everything it has: `.laurel/` of the checkout, or LAUREL_DIR. Several can run side by side,
// each in a directory of its own. It holds keys, sign-in codes (the log) and everybody's data, so nobody else on the machine may
// read it: `closeToOthers` comes before anything is written.

import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface StateDir {
  dir: string
  runFile: string
  keys: string
  logs: string
  /** Objects, D1 and R2, as Miniflare keeps them. */
  worker: string
}

export function stateDir(dir = process.env.LAUREL_DIR ?? join(root, '.laurel')): StateDir {
  const path = resolve(dir)
  return { dir: path, runFile: join(path, 'run.json'), keys: join(path, 'keys'), logs: join(path, 'logs'), worker: join(path, 'worker') }
}

/** What a platform keeps, by name: LAUREL_DIR may have been set to a place that holds other things, which are not ours to touch. */
export const stateEntries = ['dynamodb', 'taps', 'worker', 'keys', 'logs', 'import', 'run.json', '.dev.vars']

/**
 * From here on what this process and its children make is their owner's alone, and what an earlier start has left open is closed.
 * A directory of mode 0700 closes all that is in it; keys and logs are closed one by one as well.
 */
export function closeToOthers({ dir }: StateDir): void {
  process.umask(0o077)
  mkdirSync(dir, { recursive: true })
  const present = readdirSync(dir)
  for (const name of stateEntries.filter((entry) => present.includes(entry))) {
    if (closePath(join(dir, name)) && (name === 'keys' || name === 'logs'))
      for (const file of readdirSync(join(dir, name))) closePath(join(dir, name, file))
  }
}

/** False where there is nothing (any more), and for a link: it would be followed to what is not ours. */
function closePath(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isSymbolicLink()) return false
  chmodSync(path, found.isDirectory() ? 0o700 : 0o600)
  return true
}
