// Where a local platform keeps everything it has: `.laurel/` of the checkout, or LAUREL_DIR. Several can run side by side,
// each in a directory of its own.

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
