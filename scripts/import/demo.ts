// The demo workspace: the history of the checkout that the platform was started in, or a generated one where there is
// none. Filling it again adds what is new and changes nothing else.

import { realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalPlatform } from '../local/platform.ts'
import { demoWorkspace } from '../local/start-page.ts'
import { root } from '../local/state-dir.ts'
import { generateHistory } from './generate.ts'
import { git, hasHistory } from './git.ts'
import { importRepository } from './import.ts'
import { progressOn } from './progress.ts'
import { importerApi } from './running-platform.ts'

export interface Demo {
  workspaceId: string
  /** Who has the most commits. */
  topUserId: string | null
  allTimeBoardId: string | null
  monthlyBoardId: string | null
}

export interface DemoOptions extends LocalPlatform {
  /** Whose history; the one this script is in, by default. */
  checkout?: string
  log?: (line: string) => void
}

const generated = { commits: 1_000, authors: 80, seed: 1 }

export async function fillDemo({ baseUrl, dir, token, checkout = root, log = console.log }: DemoOptions): Promise<Demo> {
  const progress = progressOn(process.stderr)
  const own = await isCheckout(checkout)
  const repository = own ? checkout : await generatedHistory(dir)
  log(own ? 'Filling the demo workspace from the history of this checkout' : 'Filling the demo workspace from a generated history')
  try {
    const summary = await importRepository({
      api: importerApi({ baseUrl, token }, demoWorkspace),
      repository,
      checkpointDir: join(dir, 'imports'),
      log: (line) => {
        progress.end()
        log(line)
      },
      progress: progress.show,
    })
    return {
      workspaceId: summary.workspaceId,
      topUserId: summary.topUserId,
      allTimeBoardId: summary.setup?.allTimeBoardId ?? null,
      monthlyBoardId: summary.setup?.monthlyBoardId ?? null,
    }
  } finally {
    progress.end()
  }
}

/** A repository of its own with commits: not a folder that lies unpacked inside somebody else's. */
async function isCheckout(directory: string): Promise<boolean> {
  if (!(await hasHistory(directory))) return false
  try {
    const pieces: Buffer[] = []
    for await (const piece of git(directory, ['rev-parse', '--show-toplevel'])) pieces.push(piece)
    return realpathSync(Buffer.concat(pieces).toString('utf8').replace(/\n$/, '')) === realpathSync(directory)
  } catch {
    return false
  }
}

/** Made beside its place and moved there whole: a start that was killed leaves no half of a history. */
async function generatedHistory(dir: string): Promise<string> {
  const place = join(dir, 'demo-history')
  if (await isCheckout(place)) return place
  const partial = `${place}.partial`
  for (const path of [partial, place]) rmSync(path, { recursive: true, force: true })
  await generateHistory({ dir: partial, ...generated })
  renameSync(partial, place)
  return place
}
