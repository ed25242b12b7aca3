// An import as its own process, so that it can be killed like one, and the place where it has got to.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateHistory } from '../../../scripts/import/generate.ts'
import { root } from '../../../scripts/local/state-dir.ts'
import type { Platform } from './platform.ts'

export async function history(commits: number, authors: number, seed: number): Promise<string> {
  const dir = join(mkdtempSync(join(tmpdir(), 'laurel-history-')), 'repository')
  await generateHistory({ dir, commits, authors, seed })
  return dir
}

export interface RunningImport {
  process: ChildProcess
  /** Commits that the server has acknowledged, by the importer's own notes. */
  acknowledgedIds(): string[]
  /** Settles when that many are; rejects when the import ends before. */
  reaches(count: number): Promise<void>
  finished: Promise<{ code: number | null; output: string }>
}

/** Without limits: what an import does is looked at, not how long it is made to wait. */
export async function startImport(platform: Platform, repository: string, workspace: string): Promise<RunningImport> {
  await platform.unlimit(workspace)
  const child = spawn(
    process.execPath,
    [join(root, 'scripts/bootstrap.mjs'), 'scripts/import-git.ts', repository, '--workspace', workspace],
    {
      cwd: root,
      env: { ...process.env, LAUREL_DIR: platform.dir, PORT: String(platform.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
  let ended = false
  const finished = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => {
      ended = true
      resolve({ code, output })
    }),
  )
  const acknowledgedIds = () => acknowledgedIn(join(platform.dir, 'imports'))
  return {
    process: child,
    acknowledgedIds,
    finished,
    async reaches(count) {
      while (acknowledgedIds().length < count) {
        if (ended) throw new Error(`The import ended at ${acknowledgedIds().length}:\n${output}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  }
}

function acknowledgedIn(directory: string): string[] {
  let files: string[] = []
  try {
    files = readdirSync(directory)
  } catch {
    return []
  }
  const lines = files.flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n'))
  return lines.filter((line) => line.includes('"acknowledged"') && line.endsWith('}')).flatMap((line) => JSON.parse(line).acknowledged)
}

/** kill -9 of the importer and whatever it started. */
export function killImport(running: RunningImport): Promise<unknown> {
  process.kill(-(running.process.pid ?? 0), 'SIGKILL')
  return running.finished
}
