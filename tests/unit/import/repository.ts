// Small repositories for tests, written by fast-import so that nothing of a commit is tidied up on the way in.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gitEnvironment } from '../../../scripts/import/git.ts'

export interface TestCommit {
  /** As it stands before the address: raw bytes are allowed. */
  author: string | Buffer
  email?: string
  /** Raw git date. */
  date?: string
  committed?: string
  encoding?: string
  /** Path (quoted as fast-import wants it) to content. */
  files?: Record<string, string>
  /** Marks: commit n of the list is mark n + 1. Default: the one before. */
  parents?: number[]
}

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'import-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function runGit(directory: string, ...args: string[]): string {
  const done = spawnSync('git', ['-C', directory, ...args], { env: gitEnvironment(), encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`)
  return done.stdout
}

export function makeRepository(directory: string, commits: TestCommit[], mailmap?: string): void {
  runGit(directory, '-c', 'init.defaultBranch=main', 'init', '--quiet')
  runGit(directory, 'symbolic-ref', 'HEAD', 'refs/heads/main')
  const stream = commits.flatMap((commit, at) => {
    const parents = commit.parents ?? (at === 0 ? [] : [at])
    const files = Object.entries(commit.files ?? {}).map(
      ([path, text]) => `M 644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    )
    return [
      `commit refs/heads/main\nmark :${at + 1}\nauthor `,
      commit.author,
      ` <${commit.email ?? 'author@example.invalid'}> ${commit.date ?? `${1_700_000_000 + at} +0000`}\n`,
      `committer Committer <committer@example.invalid> ${commit.committed ?? `${1_700_000_000 + at} +0000`}\n`,
      commit.encoding ? `encoding ${commit.encoding}\n` : '',
      `data 1\nx\n${parents.map((mark, nth) => `${nth === 0 ? 'from' : 'merge'} :${mark}\n`).join('')}${files.join('')}\n`,
    ]
  })
  const input = Buffer.concat(stream.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
  const done = spawnSync('git', ['-C', directory, 'fast-import', '--quiet', '--date-format=raw-permissive'], {
    env: gitEnvironment(),
    input,
  })
  if (done.status !== 0) throw new Error(done.stderr.toString())
  runGit(directory, 'reset', '--quiet', '--hard')
  if (mailmap !== undefined) writeFileSync(join(directory, '.mailmap'), mailmap)
}
